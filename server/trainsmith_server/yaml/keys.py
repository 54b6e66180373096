"""Finds the entries of a mapping by their keys, of which a hostile one has thousands."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import suppress

from trainsmith_server.yaml.tree import (
    Entry,
    Keys,
    Mapping,
    Scalar,
    Sequence,
    key_text,
    resolve_alias,
)
from trainsmith_server.yaml.values import is_merge, plain_value


def entry_of(mapping: Mapping, key: str) -> Entry | None:
    """The entry with a key; if the key is repeated, the last entry, which takes effect."""
    return keys_of(mapping).by_text.get(key)


def keys_of(mapping: Mapping) -> Keys:
    """The entries of a mapping by their keys; all are read when the first one is looked for."""
    if mapping.keys is None:
        texts = ((key_text(entry), entry) for entry in mapping.entries)
        by_text = {text: entry for text, entry in texts if text is not None}
        mapping.keys = Keys(by_text, _by_value(mapping), list(_merged(mapping)))
    return mapping.keys


def _by_value(mapping: Mapping) -> dict[Hashable, Entry]:
    found: dict[Hashable, Entry] = {}
    for entry in mapping.entries:
        key = entry.key
        if isinstance(key, Scalar) and key.text and not key.style and not key.tag:
            with suppress(ValueError):
                value = plain_value(key.text)
                found.setdefault(value, entry)
                found.setdefault(str(value), entry)
    return found


def _merged(mapping: Mapping) -> Iterator[Mapping]:
    for entry in mapping.entries:
        if is_merge(entry.key):
            target = resolve_alias(entry.value)
            parts = (
                [item.value for item in target.items] if isinstance(target, Sequence) else [target]
            )
            for part in parts:
                inner = resolve_alias(part)
                if isinstance(inner, Mapping) and inner is not mapping:
                    yield inner
