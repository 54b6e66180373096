"""GPT-2: learned (or fixed) positions, layer normalisation, GELU.

Radford et al. 2019, "Language Models are Unsupervised Multitask Learners". Names follow
`transformers.GPT2LMHeadModel`; linear weights are (out, in).
"""

from __future__ import annotations

from functools import partial

import numpy as np

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.tape.attention import split_heads
from trainsmith_trainer.backends.tape.functions import (
    add,
    embedding,
    gelu,
    gelu_tanh,
    layer_norm,
    linear,
    split,
)
from trainsmith_trainer.backends.tape.models.model import Attention, Pass, output_layer
from trainsmith_trainer.backends.tape.tape import Value

_TOKENS = "transformer.wte.weight"


class Gpt2:
    """See `model.Model`."""

    def __init__(self, config: TransformerConfig) -> None:
        self.config = config
        self.steps_up_to = config.max_sequence_length
        self._activation = gelu_tanh if config.activation == "gelu_tanh" else gelu

    def hidden(self, at: Pass) -> Value:
        """Token vectors plus position vectors, then the blocks."""
        tape, passage = at.tape, at.passage
        positions = np.broadcast_to(passage.positions, passage.tokens.shape).reshape(-1)
        of_tokens = embedding(tape, at.weights[_TOKENS], at.tokens())
        of_positions = embedding(
            tape, at.weights["transformer.wpe.weight"], tape.ops.integers(positions)
        )
        x, attention = at.drop(add(tape, of_tokens, of_positions)), Attention(self.config, at)
        for block in range(self.config.num_blocks):
            x = at.block(partial(self._block, attention, block), x)
        return x

    def logits(self, at: Pass, vectors: Value) -> Value:
        """The last normalisation and the output layer."""
        normed = self._norm(at, vectors, "transformer.ln_f")
        return linear(at.tape, normed, output_layer(at, _TOKENS))

    def _block(self, attention: Attention, block: int, at: Pass, x: Value) -> Value:
        tape, name = at.tape, f"transformer.h.{block}"
        mixed = self._attend(attention, block, at, self._norm(at, x, f"{name}.ln_1"))
        x = add(tape, x, mixed)
        return add(tape, x, self._feed_forward(at, self._norm(at, x, f"{name}.ln_2"), name))

    def _attend(self, attention: Attention, block: int, at: Pass, x: Value) -> Value:
        name, tape = f"transformer.h.{block}.attn", at.tape
        parts = split(tape, at.linear(x, f"{name}.c_attn"), 3)
        queries, keys, values = (
            split_heads(tape, part, at.rows, self.config.num_heads) for part in parts
        )
        return at.drop(at.linear(attention(at, block, queries, keys, values), f"{name}.c_proj"))

    def _feed_forward(self, at: Pass, x: Value, name: str) -> Value:
        inner = self._activation(at.tape, at.linear(x, f"{name}.mlp.c_fc"))
        return at.drop(at.linear(inner, f"{name}.mlp.c_proj"))

    def _norm(self, at: Pass, x: Value, name: str) -> Value:
        weight, bias = at.weights[f"{name}.weight"], at.weights.get(f"{name}.bias")
        return layer_norm(at.tape, x, weight, bias, self.config.norm_epsilon)


MODEL = Gpt2
