"""Generation, one token at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.base import Logits
from trainsmith_trainer.backends.tape.cache import LayerCache, places_for
from trainsmith_trainer.backends.tape.models.model import Model, Pass, Weights
from trainsmith_trainer.backends.tape.ops import Ops
from trainsmith_trainer.backends.tape.passage import Passage
from trainsmith_trainer.backends.tape.tape import Tape, Value


class TapeDecoder:
    """Generates with a cache of keys and values; see `base.Decoder`.

    When the context is full, its older half is dropped and the rest is read again: the cached keys
    contain their positions, so they cannot be moved. Where positions depend on the length of the
    text, all of it is read again for each token.
    """

    def __init__(self, config: TransformerConfig, model: Model, weights: Weights, ops: Ops) -> None:
        """Start with an empty cache.

        Args:
            config: the model's shape.
            model: its layers.
            weights: all parameters; later changes count.
            ops: the tensor library.
        """
        self._config, self._model, self._ops = config, model, ops
        self._weights = weights
        self._window: list[int] = []
        self._caches: list[LayerCache] = []

    def read(self, tokens: Sequence[int]) -> Logits:
        """Read more tokens, and return the logits of the next one, of shape (vocabulary,)."""
        length, unread = self._config.max_sequence_length, list(tokens)
        if not self._window or len(unread) > 1 or len(self._window) >= self._model.steps_up_to:
            unread = (self._window + unread)[-length:]
            if len(self._window) + len(tokens) > length:
                unread = unread[-max(1, length // 2) :]
            self._window = unread
            self._caches = [LayerCache(self._ops) for _ in range(self._config.num_blocks)]
            passage = Passage.of_text(np.array([unread], np.int64))
        else:
            position = len(self._window)
            self._window = self._window + unread
            passage = Passage.of_next_token(unread[0], position, places_for(position + 1))
        return self._logits(passage)

    def _logits(self, passage: Passage) -> Logits:
        ops, tape = self._ops, Tape(self._ops, recording=False)
        at = Pass(tape, self._weights, passage, caches=self._caches)
        vectors = self._model.hidden(at)
        count = vectors.array.shape[0]
        last = Value(ops.part(vectors.array, 0, count - 1, count), needs_gradient=False)
        logits = self._model.logits(at, last).array
        return np.array(ops.to_numpy(logits)[0], np.float32)
