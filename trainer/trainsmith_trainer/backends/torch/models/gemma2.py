"""Gemma 2: soft bounds, four normalisations in a block, GeGLU, scaled token vectors.

Gemma Team 2024, "Gemma 2: Improving Open Language Models at a Practical Size". Names follow
`transformers.Gemma2ForCausalLM`.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainsmith_schemas.families.gemma2.shared import query_scalar
from trainsmith_schemas.families.windows import window
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.attention import AttentionForm, LayerCache
from trainsmith_trainer.backends.torch.models.llama import FeedForward, Llama
from trainsmith_trainer.backends.torch.models.packed import Packed
from trainsmith_trainer.backends.torch.models.rotary_attention import RotaryAttention
from trainsmith_trainer.backends.torch.models.transformer import Block, Positions, Step


class GemmaNorm(nn.Module):
    """RMS normalisation in float32 whose gain is 1 + weight."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))
        self.epsilon = epsilon

    def forward(self, vectors: Tensor) -> Tensor:
        """(…, width) → the same."""
        gain = 1 + self.weight.float()
        normed = functional.rms_norm(vectors.float(), gain.shape, gain, self.epsilon)
        return normed.to(vectors.dtype)


class _FeedForward(FeedForward):
    activation = staticmethod(partial(functional.gelu, approximate="tanh"))


class _Block(Block):
    """Attention and a feed-forward network, each with a normalisation before and after it."""

    def __init__(
        self, config: TransformerConfig, attention: RotaryAttention, feed_forward: FeedForward
    ) -> None:
        super().__init__()
        self.window = attention.form.window
        self.input_layernorm = _norm(config)
        self.self_attn = attention
        self.post_attention_layernorm = _norm(config)
        self.pre_feedforward_layernorm = _norm(config)
        self.mlp = feed_forward
        self.post_feedforward_layernorm = _norm(config)

    def forward(self, vectors: Tensor, cache: LayerCache | None, packed: Packed | None) -> Tensor:
        attended = self.self_attn(self.input_layernorm(vectors), cache, packed)
        vectors = vectors + self.post_attention_layernorm(attended)
        fed = self.mlp(self.pre_feedforward_layernorm(vectors))
        return vectors + self.post_feedforward_layernorm(fed)

    def step(self) -> Step:
        """`forward` for one token."""
        norm_1, norm_2 = self.input_layernorm.forward, self.pre_feedforward_layernorm.forward
        after_1 = self.post_attention_layernorm.forward
        after_2 = self.post_feedforward_layernorm.forward
        attention, feed_forward = self.self_attn.step(), self.mlp.step()

        def step(vector: Tensor, position: int, cache: LayerCache) -> Tensor:
            vector = vector + after_1(attention(norm_1(vector), position, cache))
            return vector + after_2(feed_forward(norm_2(vector)))

        return step


class Gemma2(Llama):
    """The whole model."""

    feed_forward = _FeedForward

    def form(self, config: TransformerConfig, block: int) -> AttentionForm:
        """The window, scale and bound of a block's attention."""
        scale = query_scalar(config) ** -0.5
        return AttentionForm(window(config, block), scale, config.attn_logit_softcapping)

    def block(
        self, config: TransformerConfig, attention: RotaryAttention, feed_forward: FeedForward
    ) -> Block:
        """A block of these parts."""
        return _Block(config, attention, feed_forward)

    def norm(self, config: TransformerConfig) -> nn.Module:
        """The normalisation before the output layer."""
        return _norm(config)

    def embed(self, tokens: Tensor, positions: Positions = 0) -> Tensor:
        """Token vectors, scaled by the square root of their width."""
        vectors = super().embed(tokens, positions)
        # In bfloat16, the factor is rounded too, as in `transformers`.
        factor = torch.tensor(self.config.embedding_dim**0.5, dtype=vectors.dtype)
        return vectors * factor.item()

    def logits(self, vectors: Tensor) -> Tensor:
        """Normalise, then compute a logit for each token of the vocabulary."""
        bound, logits = self.config.final_logit_softcapping, super().logits(vectors)
        return logits if bound is None else bound * torch.tanh(logits / bound)


def _norm(config: TransformerConfig) -> GemmaNorm:
    return GemmaNorm(config.embedding_dim, config.norm_epsilon)


MODEL = Gemma2
