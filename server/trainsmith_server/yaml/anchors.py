"""Anchors, tags and aliases, and the nodes that they belong to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from trainsmith_server.yaml import scan
from trainsmith_server.yaml.tree import Alias, Fault, Node

_ANCHOR = re.compile(f"[&*]([0-9A-Za-z_-]+)(?=[{scan.BLANKS}?:,\\]}}%@`]|\\Z)")
_TAG = re.compile(
    f"!<([^{scan.BLANKS}<>]+)>(?=[ {scan.BREAKS}]|\\Z)"
    f"|(!(?:[0-9A-Za-z_-]*!)?)([^{scan.BLANKS}!,\\[\\]{{}}]*)(?=[ {scan.BREAKS}]|\\Z)"
    "|(!)(?=\t)"
)


class Properties(NamedTuple):
    """`&anchor` and `!tag` before a node."""

    start: int
    end: int
    anchor: str | None
    tag: str | None
    fault: Fault | None


def read(text: str, at: int) -> Properties:
    """Read an anchor and a tag, in either order; `end` is `start` if there is neither.

    Two anchors, two tags, or a malformed anchor or tag are a fault.
    """
    start = at
    if text[at : at + 1] not in ("&", "!"):
        return Properties(at, at, None, None, None)
    anchor = tag = None
    fault: Fault | None = None
    while at < len(text) and text[at] in "&!":
        if text[at] == "&":
            found = _ANCHOR.match(text, at)
            twice = anchor is not None
            anchor = found[1] if found else ""
        else:
            found = _TAG.match(text, at)
            twice = tag is not None
            tag = _tag_name(found) if found else ""
        if found is None or twice or not (anchor or tag):
            word = re.compile(f"[^{scan.BLANKS}]*").match(text, at)
            assert word
            kind = "anchor" if text[at] == "&" else "tag"
            message = f"`{word[0]}` is not a valid {kind} here"
            fault = fault or Fault("yaml-syntax", message, (at, word.end()))
            end = word.end()
        else:
            end = found.end()
        spaces = scan.SPACES.match(text, end)
        assert spaces
        at = spaces.end()
        if at == end:
            return Properties(start, end, anchor or None, tag or None, fault)
    return Properties(start, at, anchor or None, tag or None, fault)


def _tag_name(found: re.Match[str]) -> str:
    if found[1]:
        return found[1]
    handle, suffix = found[2] or found[4], found[3] or ""
    return "tag:yaml.org,2002:" + suffix if handle == "!!" else handle + suffix


def apply(node: Node, found: Properties, anchors: dict[str, Node]) -> Fault | None:
    """Set the anchor and the tag before a node on it."""
    if found.anchor is None and found.tag is None:
        return None
    if isinstance(node, Alias):
        return _on_alias(found.start, node.end)
    node.anchor, node.tag = found.anchor, found.tag
    if found.anchor:
        anchors[found.anchor] = node
    return None


def apply_waiting(node: Node, waiting: Properties, anchors: dict[str, Node]) -> Fault | None:
    """Set the anchor and the tag from an earlier line on a node."""
    if isinstance(node, Alias):
        return _on_alias(node.start, node.end)
    anchor, tag = waiting.anchor or node.anchor, waiting.tag or node.tag
    twice = (node.anchor or anchor) != anchor or (node.tag or tag) != tag
    node.anchor, node.tag = anchor, tag
    if node.anchor:
        anchors[node.anchor] = node
    return twice_given(node.start, node.end) if twice else None


def twice_given(start: int, end: int) -> Fault:
    """The fault of a value with two anchors or two tags."""
    return Fault("yaml-syntax", "one value has two anchors or tags", (start, end))


def _on_alias(start: int, end: int) -> Fault:
    return Fault("yaml-syntax", "an alias can't have an anchor or a tag", (start, end))


def read_alias(text: str, at: int, *known: Mapping[str, Node]) -> tuple[Alias, Fault | None]:
    """Read `*name` and find its node in the known anchors, which are searched in order."""
    name, end, fault = _alias_name(text, at)
    target = next((anchors[name] for anchors in known if name in anchors), None)
    if fault is None and target is None:
        fault = Fault("yaml-syntax", f"there is no anchor `&{name}` before this", (at, end))
    return Alias(at, end, name, target), fault


def _alias_name(text: str, at: int) -> tuple[str, int, Fault | None]:
    """Read `*name`: the name, its end, and its fault."""
    found = _ANCHOR.match(text, at)
    if found:
        return found[1], found.end(), None
    word = re.compile(f"[^{scan.BLANKS},\\[\\]{{}}]*").match(text, at)
    assert word
    end = max(word.end(), at + 1)
    message = f"`{text[at:end]}` is not a valid alias; an alias is `*` and letters or digits"
    return text[at + 1 : end], end, Fault("yaml-syntax", message, (at, end))
