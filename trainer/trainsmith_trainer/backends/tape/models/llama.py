"""LLaMA: rotary positions, RMS normalisation, SwiGLU, grouped-query attention.

Touvron et al. 2023, "LLaMA". Names follow `transformers.LlamaForCausalLM`. Families derived from it
override what computes differently.
"""

from __future__ import annotations

from functools import partial

from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.tape.attention import rotate, split_heads
from trainsmith_trainer.backends.tape.functions import add, embedding, linear, rms_norm, swiglu
from trainsmith_trainer.backends.tape.models.model import Attention, Pass, output_layer
from trainsmith_trainer.backends.tape.ops import Array
from trainsmith_trainer.backends.tape.rotary import reads_token_by_token, tables
from trainsmith_trainer.backends.tape.tape import Value

Angles = tuple[Array, Array]
"""Cosines and sines of positions."""

_TOKENS = "model.embed_tokens.weight"


class Llama:
    """See `model.Model`."""

    def __init__(self, config: TransformerConfig) -> None:
        self.config = config
        self.steps_up_to = reads_token_by_token(config)
        self._key_heads = require_layout(config).key_value_heads(config)

    def hidden(self, at: Pass) -> Value:
        """Token vectors, then the blocks; positions enter in attention."""
        attention = Attention(self.config, at)
        angles = tables(self.config, at.passage, at.tape.ops)
        x = embedding(at.tape, at.weights[_TOKENS], at.tokens())
        for block in range(self.config.num_blocks):
            x = at.block(partial(self._block, attention, angles, block), x)
        return x

    def logits(self, at: Pass, vectors: Value) -> Value:
        """The last normalisation and the output layer."""
        normed = self._norm(at, vectors, "model.norm")
        return linear(at.tape, normed, output_layer(at, _TOKENS))

    def normed_heads(self, at: Pass, vectors: Value, name: str) -> Value:
        """Queries or keys, (tokens, heads · size), before positions are added."""
        del at, name
        return vectors

    def _block(self, attention: Attention, angles: Angles, block: int, at: Pass, x: Value) -> Value:
        tape, name = at.tape, f"model.layers.{block}"
        normed = self._norm(at, x, f"{name}.input_layernorm")
        x = add(tape, x, self._attend(attention, angles, block, at, normed))
        normed = self._norm(at, x, f"{name}.post_attention_layernorm")
        return add(tape, x, self._feed_forward(at, normed, f"{name}.mlp"))

    def _attend(
        self, attention: Attention, angles: Angles, block: int, at: Pass, x: Value
    ) -> Value:
        tape, name = at.tape, f"model.layers.{block}.self_attn"
        queries = self.normed_heads(at, at.linear(x, f"{name}.q_proj"), f"{name}.q_norm")
        keys = self.normed_heads(at, at.linear(x, f"{name}.k_proj"), f"{name}.k_norm")
        values = at.linear(x, f"{name}.v_proj")
        mixed = attention(
            at,
            block,
            rotate(tape, split_heads(tape, queries, at.rows, self.config.num_heads), *angles),
            rotate(tape, split_heads(tape, keys, at.rows, self._key_heads), *angles),
            split_heads(tape, values, at.rows, self._key_heads),
        )
        return at.drop(at.linear(mixed, f"{name}.o_proj"))

    def _feed_forward(self, at: Pass, x: Value, name: str) -> Value:
        gate, up = at.linear(x, f"{name}.gate_proj"), at.linear(x, f"{name}.up_proj")
        return at.drop(at.linear(swiglu(at.tape, gate, up), f"{name}.down_proj"))

    def _norm(self, at: Pass, x: Value, name: str) -> Value:
        return rms_norm(at.tape, x, at.weights[f"{name}.weight"], self.config.norm_epsilon)


MODEL = Llama
