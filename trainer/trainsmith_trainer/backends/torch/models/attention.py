"""Attention: causal, in sliding windows, over packed documents, and of one token to a cache."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from trainsmith_schemas.families.registry import require_layout
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models.packed import Packed

_FIRST_PLACES = 64
"""Tokens that a cache has memory for at first; more memory is taken as the text grows."""
_LEAST_CHUNK = 128
"""Queries that are computed together in a sliding window: fewer would take many small steps."""
_KERNEL_SHARES_KEYS = torch.__version__ >= "2.13"
"""Whether the fused kernel for CPUs lets groups of query heads share keys without copies of them.
Other devices have several kernels, and not all of them can."""


@dataclass(frozen=True)
class AttentionForm:
    """What attention computes besides its plain form."""

    window: int | None = None
    """How many tokens each one sees, including itself; `None`: all before it."""
    scale: float | None = None
    """The factor of the scores; `None`: one over the square root of the head size."""
    softcap: float | None = None
    """The bound of the scores, by a hyperbolic tangent; `None`: no bound."""


PLAIN = AttentionForm()


class LayerCache:
    """Keys and values of the tokens that one layer has read; (1, heads, length, head size).

    With a sliding window, only its last tokens are stored, each in the place of one that left the
    window. Their order does not matter, because keys contain their positions.
    """

    def __init__(
        self,
        config: TransformerConfig,
        device: torch.device,
        dtype: torch.dtype,
        window: int | None = None,
    ) -> None:
        layout = require_layout(config)
        heads, size = layout.key_value_heads(config), layout.head_size(config)
        self.places = min(window or config.max_sequence_length, config.max_sequence_length)
        shape = (1, heads, min(_FIRST_PLACES, self.places), size)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)

    def _grow(self, needed: int) -> None:
        """Have places for some tokens, at least twice as many as before."""
        there = self.keys.shape[2]
        if needed > there:
            more = min(self.places, max(needed, 2 * there)) - there
            self.keys = functional.pad(self.keys, (0, 0, 0, more))
            self.values = functional.pad(self.values, (0, 0, 0, more))

    def fill(self, keys: Tensor, values: Tensor) -> None:
        """Store the keys and values of tokens from position 0 on."""
        length = keys.shape[2]
        kept = min(length, self.places)
        self._grow(kept)
        # The token at position p belongs in place p % places.
        turned = length % self.places if length > self.places else 0
        self.keys[:, :, :kept] = keys[:, :, length - kept :].roll(turned, dims=2)
        self.values[:, :, :kept] = values[:, :, length - kept :].roll(turned, dims=2)

    def extend(self, position: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store those of one token, and return all that it sees, in any order."""
        at = position % self.places
        self._grow(at + 1)
        self.keys[:, :, at : at + 1] = keys
        self.values[:, :, at : at + 1] = values
        used = min(position + 1, self.places)
        return self.keys[:, :, :used], self.values[:, :, :used]


def attend(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    cache: LayerCache | None,
    packed: Packed | None = None,
    form: AttentionForm = PLAIN,
) -> Tensor:
    """Causal attention; (batch, heads, length, head size) → (batch, length, width).

    Keys and values may have fewer heads, which groups of query heads then share. As in tt-train,
    there is no dropout of attention weights: PyTorch's fused kernel on CPUs does not support it.
    """
    if cache:
        cache.fill(keys, values)
    groups = queries.shape[1] // keys.shape[1]
    shares = _KERNEL_SHARES_KEYS and queries.device.type == "cpu" and form.softcap is None
    if groups > 1 and not shares:
        keys = keys.repeat_interleave(groups, dim=1)
        values = values.repeat_interleave(groups, dim=1)
    if packed is None:
        mixed = _attend_within(queries, keys, values, form)
    else:
        mixed = attend_documents(queries, keys, values, packed, form)
    return mixed.transpose(1, 2).flatten(2)


def attend_documents(
    queries: Tensor, keys: Tensor, values: Tensor, packed: Packed, form: AttentionForm
) -> Tensor:
    """`attend` for each document on its own, with as many heads of keys as of queries.

    No token of another document is looked at, and none is computed in vain.
    """
    parts = (vectors.split(packed.lengths, dim=2) for vectors in (queries, keys, values))
    documents = zip(*parts, strict=True)
    return torch.cat([_attend_within(*document, form=form) for document in documents], dim=2)


def attend_to_past(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    position: int,
    cache: LayerCache,
    form: AttentionForm = PLAIN,
) -> Tensor:
    """Attention of one token to itself and the tokens before it.

    Args:
        queries: of this token, (1, key heads, query heads per key head, head size).
        keys: of this token, (1, key heads, 1, head size).
        values: of this token, (1, key heads, 1, head size).
        position: of this token.
        cache: keys and values of the tokens before it; those of this token are added.
        form: as in `attend`; the cache must have been created with its window.

    Returns:
        (1, width)
    """
    keys, values = cache.extend(position, keys, values)
    return _mix(queries, keys, values, form).flatten(1)


def split_heads(vectors: Tensor, heads: int) -> Tensor:
    """(batch, length, width) → (batch, heads, length, head size)."""
    return vectors.unflatten(2, (heads, -1)).transpose(1, 2)


def _attend_within(queries: Tensor, keys: Tensor, values: Tensor, form: AttentionForm) -> Tensor:
    """Causal attention within one document."""
    length, window = queries.shape[2], form.window
    if window is None or length <= window:
        return _mix(queries, keys, values, form, causal=True)
    chunk, parts = max(window, _LEAST_CHUNK), list[Tensor]()
    # Only the tokens that a chunk of queries can see are computed.
    for start in range(0, length, chunk):
        end, first = min(start + chunk, length), max(0, start - window + 1)
        rows = torch.arange(start, end, device=queries.device)[:, None]
        columns = torch.arange(first, end, device=queries.device)
        seen = (columns <= rows) & (columns > rows - window)
        past = slice(first, end)
        part = _mix(queries[:, :, start:end], keys[:, :, past], values[:, :, past], form, seen)
        parts.append(part)
    return torch.cat(parts, dim=2)


def _mix(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    form: AttentionForm,
    seen: Tensor | None = None,
    *,
    causal: bool = False,
) -> Tensor:
    """The values, weighted by the scores of queries and keys.

    Args:
        queries: (batch, heads, queries, head size).
        keys: (batch, heads, keys, head size); groups of query heads may share one.
        values: (batch, heads, keys, head size), as many as keys.
        form: scale and bound of the scores; its window is not applied here.
        seen: which keys each query sees, (queries, keys); `None`: all.
        causal: whether each query sees the keys up to its own, in place of `seen`.
    """
    if form.softcap is None:
        groups = {"enable_gqa": True} if queries.shape[1] > keys.shape[1] else {}
        return functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=seen, is_causal=causal, scale=form.scale, **groups
        )
    # PyTorch's fused kernels cannot bound scores.
    scale = form.scale or 1 / math.sqrt(queries.shape[3])
    scores = form.softcap * (queries @ keys.mT * (scale / form.softcap)).tanh()
    if causal:
        shape = (queries.shape[2], keys.shape[2])
        seen = torch.ones(shape, dtype=torch.bool, device=scores.device).tril()
    if seen is not None:
        scores = scores.masked_fill(~seen, -torch.inf)
    return scores.softmax(dim=3, dtype=torch.float32).to(values.dtype) @ values
