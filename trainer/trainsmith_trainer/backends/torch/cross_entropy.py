"""The loss, without the logits of all tokens at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from trainsmith_schemas.meaning.memory import tokens_of_logits
from trainsmith_trainer.backends.torch.models.attention import Packed
from trainsmith_trainer.backends.torch.models.transformer import Transformer


class SummedLoss(nn.Module):
    """A model with its loss: everything that a forward pass computes."""

    def __init__(self, model: Transformer) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, tokens: Tensor, targets: Tensor, counted: Tensor | None, packed: Packed | None
    ) -> Tensor:
        """The sum of the cross entropies of some tokens, in float32.

        Args:
            tokens: (batch, length)
            targets: the token after each of them, (batch · length,)
            counted: which targets the loss counts, (batch · length,); `None`: all.
            packed: the documents in the row, if there is one row of several documents.
        """
        vectors = self.model.hidden(tokens, packed=packed).flatten(0, 1)
        if counted is not None:
            vectors, targets = vectors[counted], targets[counted]
        return summed_cross_entropy(self.model, vectors, targets)


def summed_cross_entropy(model: Transformer, vectors: Tensor, targets: Tensor) -> Tensor:
    """The sum of the cross entropies of some tokens, in float32.

    With many tokens and a large vocabulary, logits are computed for a part of the tokens at a time,
    with their gradients, so that they are never in memory as a whole. PyTorch 2.13 can do this, in
    float32: its sum of bfloat16 losses would be rounded to bfloat16.

    Args:
        model: its last normalisation and output layer are used.
        vectors: (tokens, width)
        targets: (tokens,)
    """
    at_once = tokens_of_logits(model.config.vocab_size, "fp32")
    # A family may compute its logits in another way.
    is_plain = type(model).logits is Transformer.logits
    in_float32 = vectors.dtype == torch.float32 and not torch.is_autocast_enabled(
        vectors.device.type
    )
    if len(targets) > at_once and is_plain and in_float32 and _CAN_DIVIDE:
        return functional.linear_cross_entropy(
            model.normed(vectors),
            model.lm_head.weight,
            targets,
            reduction="sum",
            options=torch.nn.LinearCrossEntropyOptions(batch_chunk_size=at_once),
        )
    if len(targets) > at_once and not is_plain and in_float32:
        # The logits of each part are computed again for the gradient.
        parts = zip(vectors.split(at_once), targets.split(at_once), strict=True)
        losses = [checkpoint(_of_all, model, *part, use_reentrant=False) for part in parts]
        return torch.stack(losses).sum()
    return _of_all(model, vectors, targets)


def _of_all(model: Transformer, vectors: Tensor, targets: Tensor) -> Tensor:
    logits = model.logits(vectors).float()
    return functional.cross_entropy(logits, targets, reduction="sum")


_CAN_DIVIDE = hasattr(functional, "linear_cross_entropy")
