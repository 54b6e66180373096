"""What all models have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from trainsmith_schemas.families.family import OUTPUT
from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.families.windows import window
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.tape import functions
from trainsmith_trainer.backends.tape.attention import attention, join_heads
from trainsmith_trainer.backends.tape.cache import LayerCache
from trainsmith_trainer.backends.tape.ops import Array
from trainsmith_trainer.backends.tape.passage import Passage
from trainsmith_trainer.backends.tape.randomness import Draws
from trainsmith_trainer.backends.tape.tape import Tape, Value

Weights = Mapping[str, Value]
Layers = Callable[["Pass", Value], Value]


@dataclass(frozen=True)
class Pass:
    """One pass of a passage through a model."""

    tape: Tape
    weights: Weights
    """All parameters, by name."""
    passage: Passage
    draws: Draws | None = None
    """The random numbers of dropout; `None`: no dropout."""
    dropout_prob: float = 0.0
    recomputes: bool = False
    """Whether the backward pass computes each block again, so that none is stored."""
    caches: Sequence[LayerCache] = ()
    """One for each block, if a decoder reads the passage."""

    @property
    def rows(self) -> int:
        """The rows of tokens."""
        return len(self.passage.tokens)

    def tokens(self) -> Array:
        """The tokens of all rows, one row after another: (rows · length,)."""
        return self.tape.ops.integers(self.passage.tokens.reshape(-1))

    def linear(self, x: Value, layer: str) -> Value:
        """A linear layer by its name, with a bias if it has one."""
        weight, bias = self.weights[f"{layer}.weight"], self.weights.get(f"{layer}.bias")
        return functions.linear(self.tape, x, weight, bias)

    def drop(self, x: Value) -> Value:
        """Dropout while training; otherwise x."""
        if self.draws is None or self.dropout_prob == 0:
            return x
        return functions.dropout(self.tape, x, self.dropout_prob, self.draws.seed())

    def block(self, layers: Layers, x: Value) -> Value:
        """Compute a block, (tokens, width) → the same."""
        if not self.recomputes:
            return layers(self, x)
        draws = self.draws.copy() if self.draws else None

        def again(tape: Tape, x: Value) -> Value:
            return layers(replace(self, tape=tape, draws=draws), x)

        silent = replace(self, tape=self.tape.another(recording=False))
        return functions.recomputed(self.tape, x, layers(silent, x).array, again)


class Model(Protocol):
    """A decoder: from tokens to the logits of the next token at each position."""

    steps_up_to: int
    """The longest text that can be read token by token: positions of others change with it."""

    def hidden(self, at: Pass, /) -> Value:
        """The vectors of a passage before the last normalisation: (rows · length, width)."""
        ...

    def logits(self, at: Pass, vectors: Value, /) -> Value:
        """The last normalisation and the output layer: (tokens, width) → (tokens, vocabulary)."""
        ...


class Attention:
    """Attention in all blocks of one pass, which share masks."""

    def __init__(self, config: TransformerConfig, at: Pass) -> None:
        self._windows = [window(config, block) for block in range(config.num_blocks)]
        groups = config.num_heads // require_layout(config).key_value_heads(config)
        spans = set(self._windows)
        self._masks = {span: at.passage.mask(at.tape.ops, span, groups) for span in spans}

    def __call__(self, at: Pass, block: int, queries: Value, keys: Value, values: Value) -> Value:
        """(batch, heads, length, size) each, with fewer heads of keys → (tokens, width)."""
        if at.caches:
            keys, values = _remembered(at, block, keys, values)
        mask = self._masks[self._windows[block]]
        return join_heads(at.tape, attention(at.tape, queries, keys, values, mask))


def _remembered(at: Pass, block: int, keys: Value, values: Value) -> tuple[Value, Value]:
    """Store keys and values, and return those that the passage sees."""
    passage, layer = at.passage, at.caches[block]
    if not passage.continues:
        layer.fill(keys.array, values.array)
        return keys, values
    stored = layer.extend(int(passage.positions[0, 0]), keys.array, values.array)
    return Value(stored[0], needs_gradient=False), Value(stored[1], needs_gradient=False)


def output_layer(at: Pass, embedding: str) -> Value:
    """The output layer's weight, which is the embedding's if they are tied."""
    return at.weights.get(OUTPUT) or at.weights[embedding]
