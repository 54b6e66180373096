"""Keys and values of the tokens that a decoder has read."""

from __future__ import annotations

import numpy as np

from trainsmith_trainer.backends.tape.ops import Array, Ops

_FIRST_PLACES = 64


def places_for(tokens: int) -> int:
    """The places of a cache with some tokens: shapes change only when their number doubles."""
    places = _FIRST_PLACES
    while places < tokens:
        places *= 2
    return places


class LayerCache:
    """Keys and values of one layer, each (1, heads, places, size); unused places are 0."""

    def __init__(self, ops: Ops) -> None:
        self._ops = ops
        self._keys: Array | None = None
        self._values: Array | None = None

    def fill(self, keys: Array, values: Array) -> None:
        """Store those of a whole text."""
        places = places_for(keys.shape[2])
        self._keys, self._values = self._widened(keys, places), self._widened(values, places)

    def extend(self, position: int, keys: Array, values: Array) -> tuple[Array, Array]:
        """Store those of one token, (1, heads, 1, size), and return all of them."""
        ops, places = self._ops, places_for(position + 1)
        # Arithmetic in place of an assignment: libraries without one can do it too.
        place = ops.from_numpy((np.arange(places) == position)[:, None].astype(np.float32))
        self._keys = ops.add(self._widened(self._keys, places), ops.mul(place, keys))
        self._values = ops.add(self._widened(self._values, places), ops.mul(place, values))
        return self._keys, self._values

    def _widened(self, stored: Array, places: int) -> Array:
        _, heads, there, size = stored.shape
        if there == places:
            return stored
        empty = self._ops.from_numpy(np.zeros((1, heads, places - there, size), np.float32))
        return self._ops.concat([stored, empty], 2)
