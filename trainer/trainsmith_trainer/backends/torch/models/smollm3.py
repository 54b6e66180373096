"""SmolLM 3: a LLaMA in which some blocks have no positions.

Names follow `transformers.SmolLM3ForCausalLM`.
"""

from __future__ import annotations

from collections.abc import Callable

from trainsmith_schemas.families.smollm3.family import rope_layers
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.llama import Llama
from trainsmith_trainer.backends.torch.models.rotary import RotaryEmbedding


class SmolLm3(Llama):
    """The whole model."""

    def rotation(self, config: TransformerConfig) -> Callable[[int], RotaryEmbedding | None]:
        """The positions in each block, by its number."""
        rotation, has_rope = super().rotation(config), rope_layers(config)
        return lambda block: rotation(block) if has_rope[block] else None


MODEL = SmolLm3
