"""Attention in windows, over packed documents and to a cache, compared with its definition."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.models import attention
from trainsmith_trainer.backends.torch.models.attention import (
    AttentionForm,
    LayerCache,
    Packed,
    attend,
    attend_to_past,
)

HEADS, KEY_HEADS, SIZE, LENGTH = 4, 2, 6, 23
CONFIG = TransformerConfig(
    model_type="llama",
    embedding_dim=HEADS * SIZE,
    num_heads=HEADS,
    num_groups=KEY_HEADS,
    max_sequence_length=LENGTH,
)
FORMS = {
    "plain": AttentionForm(),
    "window of one": AttentionForm(window=1),
    "window": AttentionForm(window=5),
    "window as long as the text": AttentionForm(window=LENGTH),
    "scaled": AttentionForm(scale=0.7),
    "bounded": AttentionForm(softcap=0.5),
    "bounded window": AttentionForm(window=4, scale=2.0, softcap=0.8),
}


@pytest.fixture(params=[1, 7, 128])
def _chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_LEAST_CHUNK", request.param)


def _vectors() -> tuple[Tensor, Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    queries = torch.randn(1, HEADS, LENGTH, SIZE, generator=random)
    keys, values = torch.randn(2, 1, KEY_HEADS, LENGTH, SIZE, generator=random).unbind(0)
    return queries, keys, values


def _defined(queries: Tensor, keys: Tensor, values: Tensor, form: AttentionForm) -> Tensor:
    """Attention with one mask for everything: (1, heads, length, size) → (1, length, width)."""
    keys = keys.repeat_interleave(HEADS // KEY_HEADS, dim=1)
    values = values.repeat_interleave(HEADS // KEY_HEADS, dim=1)
    scores = queries @ keys.transpose(2, 3) * (form.scale or 1 / math.sqrt(SIZE))
    if form.softcap:
        scores = torch.tanh(scores / form.softcap) * form.softcap
    distance = torch.arange(scores.shape[2])[:, None] - torch.arange(scores.shape[3])
    hidden = (distance < 0) | (distance >= (form.window or LENGTH))
    weights = scores.masked_fill(hidden, -math.inf).softmax(dim=3)
    return (weights @ values).transpose(1, 2).flatten(2)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.usefixtures("_chunk")
def test_attention_equals_its_definition(form: AttentionForm) -> None:
    vectors = _vectors()
    torch.testing.assert_close(attend(*vectors, None, None, form), _defined(*vectors, form))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.usefixtures("_chunk")
def test_packed_documents_are_attended_to_alone(form: AttentionForm) -> None:
    lengths = (9, 1, 13)
    packed = Packed.of(lengths, torch.device("cpu"))
    parts = zip(*(one.split(lengths, dim=2) for one in _vectors()), strict=True)
    expected = torch.cat([_defined(*document, form=form) for document in parts], dim=1)
    torch.testing.assert_close(attend(*_vectors(), None, packed, form), expected)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("prompt", [1, 3, 5, 6, 22])
def test_tokens_after_a_prompt_see_what_the_window_contains(
    form: AttentionForm, prompt: int
) -> None:
    queries, keys, values = _vectors()
    expected = _defined(queries, keys, values, form)
    cache = LayerCache(CONFIG, torch.device("cpu"), torch.float32, form.window)
    attend(*(one[:, :, :prompt] for one in (queries, keys, values)), cache=cache, form=form)
    for at in range(prompt, LENGTH):
        query, key, value = (one[:, :, at : at + 1] for one in (queries, keys, values))
        shared = query.reshape(1, KEY_HEADS, -1, SIZE)
        found = attend_to_past(shared, key, value, at, cache, form)
        torch.testing.assert_close(found, expected[:, at])


def test_cache_stores_no_more_than_the_window() -> None:
    cache = LayerCache(CONFIG, torch.device("cpu"), torch.float32, 5)
    assert cache.keys.shape == cache.values.shape == (1, KEY_HEADS, 5, SIZE)
    longer = LayerCache(CONFIG, torch.device("cpu"), torch.float32, 99)
    assert longer.keys.shape[2] == LENGTH
