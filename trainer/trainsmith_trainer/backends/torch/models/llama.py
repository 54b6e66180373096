"""LLaMA: rotary positions, RMS normalisation, SwiGLU, grouped-query attention.

Touvron et al. 2023, "LLaMA", and Grattafiori et al. 2024 for the scaled positions. Names follow
`transformers.LlamaForCausalLM`. Families derived from it have the parameters that their layout
describes, and override what computes differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from trainsmith_schemas.families.windows import window
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.attention import AttentionForm, LayerCache
from trainsmith_trainer.backends.torch.models.decode_step import Affine, affine
from trainsmith_trainer.backends.torch.models.packed import Packed
from trainsmith_trainer.backends.torch.models.rotary import (
    DynamicRotaryEmbedding,
    RotaryEmbedding,
)
from trainsmith_trainer.backends.torch.models.rotary_attention import RotaryAttention, linear
from trainsmith_trainer.backends.torch.models.transformer import (
    Block,
    Dropout,
    Positions,
    Step,
    Transformer,
)


class FeedForward(nn.Module):
    """A feed-forward network with a gate: Shazeer 2020, "GLU Variants Improve Transformer"."""

    activation = staticmethod(functional.silu)

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.add_projections(config)
        self.down_proj = linear(config, "mlp.down_proj")
        self.drop = Dropout(config.dropout_prob)

    def add_projections(self, config: TransformerConfig) -> None:
        """Add the layers that `gated` needs."""
        self.gate_proj = linear(config, "mlp.gate_proj")
        self.up_proj = linear(config, "mlp.up_proj")

    def gated(self, vectors: Tensor) -> Tensor:
        """(batch, length, width) → (batch, length, inner width)."""
        return self.activation(self.gate_proj(vectors)) * self.up_proj(vectors)

    def forward(self, vectors: Tensor) -> Tensor:
        """(batch, length, width) → the same."""
        return self.drop(self.down_proj(self.gated(vectors)))

    def step(self) -> Affine:
        """`forward` for one token."""
        gate, up, down = map(affine, (self.gate_proj, self.up_proj, self.down_proj))
        activation = self.activation

        def step(vector: Tensor, residual: Tensor | None = None) -> Tensor:
            return down(activation(gate(vector)) * up(vector), residual)

        return step


class LlamaBlock(Block):
    """Attention and a feed-forward network, each with a normalisation before it."""

    def __init__(
        self, config: TransformerConfig, attention: RotaryAttention, feed_forward: FeedForward
    ) -> None:
        super().__init__()
        self.window = attention.form.window
        self.input_layernorm = nn.RMSNorm(config.embedding_dim, eps=config.norm_epsilon)
        self.self_attn = attention
        self.post_attention_layernorm = nn.RMSNorm(config.embedding_dim, eps=config.norm_epsilon)
        self.mlp = feed_forward

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        """(batch, length, width) → the same; keys and values are stored in the cache."""
        vectors = vectors + self.self_attn(self.input_layernorm(vectors), cache, packed)
        return vectors + self.mlp(self.post_attention_layernorm(vectors))

    def step(self) -> Step:
        """`forward` for one token."""
        norm_1, norm_2 = self.input_layernorm.forward, self.post_attention_layernorm.forward
        attention, feed_forward = self.self_attn.step(), self.mlp.step()

        def step(vector: Tensor, position: int, cache: LayerCache) -> Tensor:
            vector = attention(norm_1(vector), position, cache, vector)
            return feed_forward(norm_2(vector), vector)

        return step


class Llama(Transformer):
    """The whole model. The constructor calls what families override."""

    attention = RotaryAttention
    feed_forward = FeedForward

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config)
        width = config.embedding_dim
        rotation = self.rotation(config)
        blocks = (
            self.block(
                config,
                self.attention(config, rotation(at), self.form(config, at)),
                self.feed_forward(config),
            )
            for at in range(config.num_blocks)
        )
        self.model = nn.ModuleDict(
            {
                "embed_tokens": nn.Embedding(config.vocab_size, width),
                "layers": nn.ModuleList(blocks),
                "norm": self.norm(config),
            }
        )
        self.lm_head = nn.Linear(width, config.vocab_size, bias=False)
        if config.weight_tying == "enabled":
            self.lm_head.weight = cast("nn.Embedding", self.model["embed_tokens"]).weight

    def rotation(self, config: TransformerConfig) -> Callable[[int], RotaryEmbedding | None]:
        """The positions in each block, by its number; `None`: none."""
        shared = RotaryEmbedding.of(config)
        if isinstance(shared, DynamicRotaryEmbedding):
            self.steps_up_to = min(shared.original, self.steps_up_to)
        return lambda _block: shared

    def form(self, config: TransformerConfig, block: int) -> AttentionForm:
        """What a block's attention computes besides its plain form."""
        return AttentionForm(window(config, block))

    def block(
        self, config: TransformerConfig, attention: RotaryAttention, feed_forward: FeedForward
    ) -> Block:
        """A block of these parts."""
        return LlamaBlock(config, attention, feed_forward)

    def norm(self, config: TransformerConfig) -> nn.Module:
        """The normalisation before the output layer."""
        return nn.RMSNorm(config.embedding_dim, eps=config.norm_epsilon)

    def embed(self, tokens: Tensor, positions: Positions = 0) -> Tensor:
        """Token vectors; positions enter in attention."""
        return self.model["embed_tokens"](tokens)

    def blocks(self) -> Iterable[Block]:
        """The blocks in order."""
        return cast("Iterable[Block]", self.model["layers"])

    def normed(self, vectors: Tensor) -> Tensor:
        """The last normalisation."""
        return self.model["norm"](vectors)


MODEL = Llama
