"""Generating token by token with a PyTorch model."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.base import Arrays, Logits
from trainsmith_trainer.backends.torch.arrays import shared_tensors
from trainsmith_trainer.backends.torch.devices import choose_device
from trainsmith_trainer.backends.torch.models import build_empty, load_weights
from trainsmith_trainer.backends.torch.models.attention import LayerCache
from trainsmith_trainer.backends.torch.models.transformer import Block, Transformer


class TorchDecoder:
    """Generates with a cache of keys and values; see `base.Decoder`.

    When the context is full, its older half is dropped and the rest is read again: the cached keys
    contain their positions, so they cannot be moved. Where positions depend on the length of the
    text, all of it is read again for each token.
    """

    def __init__(self, model: Transformer) -> None:
        self.model = model.eval()
        self._device = next(model.parameters()).device
        self._steps = model.steps()
        self._window: list[int] = []
        self._caches: list[LayerCache] = []

    @torch.inference_mode()
    def read(self, tokens: Sequence[int]) -> Logits:
        """Read more tokens, and return the logits of the next one, of shape (vocabulary,)."""
        length = self.model.config.max_sequence_length
        unread = list(tokens)
        if not self._window or len(unread) > 1 or len(self._window) >= self.model.steps_up_to:
            unread = (self._window + unread)[-length:]
            if len(self._window) + len(tokens) > length:
                unread = unread[-max(1, length // 2) :]
            self._window = []
            self._caches = [self._new_cache(block) for block in self.model.blocks()]
        start = len(self._window)
        self._window += unread
        inputs = torch.tensor([unread], device=self._device)
        if start:
            vector = self.model.embed(inputs, start)[0]
            for step, cache in zip(self._steps, self._caches, strict=True):
                vector = step(vector, start, cache)
            logits = self.model.logits(vector)
        else:
            logits = self.model(inputs, self._caches)[0]
        return logits[-1].float().cpu().numpy()

    def _new_cache(self, block: Block) -> LayerCache:
        weight = next(self.model.parameters())
        return LayerCache(self.model.config, weight.device, weight.dtype, block.window)


def load_decoder(model: TransformerConfig, weights: Arrays) -> TorchDecoder:
    """A decoder for saved weights.

    Raises:
        ValueError: the weights do not fit the model.
    """
    device, _ = choose_device()
    built = build_empty(model)
    load_weights(built, shared_tensors(weights))
    built.to(device)
    return TorchDecoder(built)
