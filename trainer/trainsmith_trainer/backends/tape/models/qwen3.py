"""Qwen 3: a LLaMA that normalises the queries and keys of each head before adding positions.

Yang et al. 2025, "Qwen3 Technical Report". Names follow `transformers.Qwen3ForCausalLM`.
"""

from __future__ import annotations

from trainsmith_schemas.families.registry import require_layout
from trainsmith_trainer.backends.tape.functions import reshape, rms_norm
from trainsmith_trainer.backends.tape.models.llama import Llama
from trainsmith_trainer.backends.tape.models.model import Pass
from trainsmith_trainer.backends.tape.tape import Value


class Qwen3(Llama):
    """See `model.Model`."""

    def normed_heads(self, at: Pass, vectors: Value, name: str) -> Value:
        """Normalise each head of queries or keys, (tokens, heads · size)."""
        tokens, width = vectors.array.shape
        size = require_layout(self.config).head_size(self.config)
        heads = reshape(at.tape, vectors, (tokens * width // size, size))
        weight = at.weights[f"{name}.weight"]
        normed = rms_norm(at.tape, heads, weight, self.config.norm_epsilon)
        return reshape(at.tape, normed, (tokens, width))


MODEL = Qwen3
