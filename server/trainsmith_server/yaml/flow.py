"""Flow collections: `[1, 2]` and `{a: 1}`, on one or several lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from trainsmith_server.yaml import anchors as properties
from trainsmith_server.yaml import quotes, scan, tabs
from trainsmith_server.yaml.tree import (
    MAX_DEPTH,
    Alias,
    Entry,
    Fault,
    Item,
    Mapping,
    Node,
    Scalar,
    Sequence,
    SyntaxFix,
)

_CLOSER = {"[": "]", "{": "}"}
_WORD = "[A-Za-z0-9_.][A-Za-z0-9_./+-]*"
_SIMPLE = re.compile(rf"\[ *{_WORD}(?: *, *{_WORD})* *\](?! *:)")
"""A list of simple words, such as `[1, 2]`; most lists in recipes are of this form."""
_WORDS = re.compile(_WORD)


class Flow(NamedTuple):
    """A flow collection that was read."""

    node: Mapping | Sequence
    end: int
    fault: Fault | None
    anchors: dict[str, Node]
    """The anchors inside it, including its own."""
    wasted: int = 0
    """The number of characters that were read in vain because a bracket is missing."""


def read_flow(
    text: str,
    at: int,
    parent_indent: int,
    depth: int,
    anchors: dict[str, Node],
    own_anchor: str | None = None,
    *,
    patient: bool = True,
) -> Flow:
    """Read the flow collection whose bracket is at an offset.

    The first attempt is PyYAML's: the collection may span any number of lines. If that fails, it
    ends before the first line that looks like the next entry of the surrounding block, so that one
    missing bracket doesn't swallow the rest of the file. There is at most one fault. If `patient`
    is false, the collection ends on its line.
    """
    simple = _SIMPLE.match(text, at) if own_anchor is None and depth < MAX_DEPTH else None
    if simple:
        return Flow(_simple_list(text, at, simple.end()), simple.end(), None, {})
    if not patient:
        limit = scan.rest(text, at)
        return _FlowParser(text, limit, depth, anchors).read(at, own_anchor, stop_at_fault=False)
    whole = _FlowParser(text, len(text), depth, anchors).read(at, own_anchor, stop_at_fault=True)
    if whole.fault is None:
        return whole
    limit = _latest_end(text, at, parent_indent)
    part = _FlowParser(text, limit, depth, anchors).read(at, own_anchor, stop_at_fault=False)
    return part._replace(wasted=whole.end - at + limit - at)


def closes_on_its_line(text: str, at: int, depth: int, anchors: dict[str, Node]) -> int:
    """Where the flow collection at an offset ends; -1 if it has a fault or spans lines."""
    limit = scan.rest(text, at)
    flow = _FlowParser(text, limit, depth, anchors).read(at, None, stop_at_fault=True)
    return flow.end if flow.fault is None else -1


def _simple_list(text: str, start: int, end: int) -> Sequence:
    """The list of words between two offsets, which include the brackets."""
    items = [
        Item(word.start(), Scalar(word.start(), word.end(), word[0]))
        for word in _WORDS.finditer(text, start, end)
    ]
    return Sequence(start, end, -1, items)


def _latest_end(text: str, at: int, parent_indent: int) -> int:
    """The end of the last line that may belong to a flow collection.

    By the specification, its lines are indented deeper than the surrounding block. Only a closing
    bracket may be on the block's own level.
    """
    line = scan.NEXT_LINE.match(text, at)
    while line and line.end() < len(text):
        start = line.end()
        spaces = scan.SPACES_AND_TABS.match(text, start)
        assert spaces
        first = text[spaces.end() : spaces.end() + 1]
        indent = spaces.end() - start
        empty = not first or first in scan.BREAKS or first == "#"
        if not empty and indent <= parent_indent and first not in "]}":
            break
        if not empty and (indent == 0 and scan.DOCUMENT_MARK.match(text, start)):
            break
        if _is_block_entry(text, spaces.end()):
            break
        line = scan.NEXT_LINE.match(text, start)
    end = line.end() if line else len(text)
    while end > at and text[end - 1] in scan.BREAKS:
        end -= 1
    return end


def _is_block_entry(text: str, at: int) -> bool:
    """Whether a line is `- …` or a bare `key:`, which can't be inside a flow collection."""
    if text.startswith("-", at) and scan.is_blank(text, at + 1):
        return True
    end = scan.plain_end(text, at, flow=True)
    return end > at and text.startswith(":", end) and bool(scan.LINE_END.match(text, end + 1))


@dataclass(slots=True)
class _Level:
    """An open collection and the state of its current part."""

    node: Mapping | Sequence
    opener: int
    part: Entry | Item | None = None
    """The entry or item that is being read; `None` at the start and after a comma."""
    pair: Entry | None = None
    """In a sequence, the entry of a single pair: `[a: 1]`."""
    explicit: bool = False
    """After `?`, until its key is read."""
    filled: bool = False
    """The current part is complete, so only `,`, `:` or the closing bracket may follow."""


@dataclass(slots=True)
class _FlowParser:
    text: str
    limit: int
    depth: int
    outer_anchors: dict[str, Node]
    anchors: dict[str, Node] = field(default_factory=dict[str, Node])
    levels: list[_Level] = field(default_factory=list[_Level])
    fault: Fault | None = None

    def read(self, at: int, anchor: str | None, *, stop_at_fault: bool) -> Flow:
        """Read from an opening bracket to its closing one, or to the limit."""
        root, at = self._open(at, anchor, None)
        end = at
        while self.levels:
            at = self._skip_blanks(at)
            if self.fault and stop_at_fault:
                break
            if at >= self.limit:
                self._unclosed(end)
                break
            at = end = self._step(at)
        for level in reversed(self.levels):
            level.node.end = end
        return Flow(root, end, self.fault, self.anchors)

    def _wrong(self, message: str, start: int, end: int, fix: SyntaxFix | None = None) -> None:
        if self.fault is None:
            end = max(end, min(start + 1, len(self.text)))
            self.fault = Fault("yaml-syntax", message, (start, end), fix)

    def _unclosed(self, end: int) -> None:
        opener = self.levels[-1].opener
        closers = "".join(_CLOSER[self.text[level.opener]] for level in reversed(self.levels))
        bracket = self.text[opener]
        fix = SyntaxFix(f"Close with `{closers}`", (end, end), closers)
        message = f"`{bracket}` is never closed; `{_CLOSER[bracket]}` is missing"
        self._wrong(message, opener, opener + 1, fix)

    def _skip_blanks(self, at: int) -> int:
        text = self.text
        while at < self.limit:
            char = text[at]
            if char == " ":
                at += 1
            elif char in scan.BREAKS:
                at += 1
                if scan.DOCUMENT_MARK.match(text, at):
                    self._unclosed(at - 1)
            elif char == "#":
                at = scan.rest(text, at)
            elif char == "\t":
                at, fault = tabs.separator(text, at)
                self.fault = self.fault or fault
            else:
                break
        return at

    def _step(self, at: int) -> int:
        """Read a comma, a bracket, a colon or a node. Returns where it ends."""
        text = self.text
        char = text[at]
        level = self.levels[-1]
        if char == ",":
            return self._comma(at, level)
        if char in "]}":
            return self._close(at, level)
        if char == ":" and (
            scan.is_blank(text, at + 1) or text[at + 1] in ",[]{}" or level.filled or level.explicit
        ):
            return self._colon(at, level)
        if char == "?":
            if level.part is not None:
                self._wrong("`?` is not allowed here; put text with `?` in quotes", at, at + 1)
            level.explicit = True
            self._start_part(level, at)
            return at + 1
        if level.filled:
            fix = SyntaxFix("Insert a comma", (level.node.end, level.node.end), ",")
            self._wrong("a `,` is missing before this", at, at + 1, fix)
            self._comma(at, level)
        return self._node(at, level)

    def _comma(self, at: int, level: _Level) -> int:
        if level.part is None and level.pair is None:
            self._wrong("there is nothing before this `,`", at, at + 1)
        self._end_part(level)
        level.part = level.pair = None
        level.filled = level.explicit = False
        return at + 1

    def _close(self, at: int, level: _Level) -> int:
        bracket = self.text[level.opener]
        if self.text[at] != _CLOSER[bracket]:
            fix = SyntaxFix(f"Write `{_CLOSER[bracket]}`", (at, at + 1), _CLOSER[bracket])
            self._wrong(f"`{bracket}` is closed by `{self.text[at]}`", at, at + 1, fix)
        self._end_part(level)
        level.node.end = at + 1
        self.levels.pop()
        if self.levels:
            self.levels[-1].filled = True
            self.levels[-1].node.end = at + 1
        return at + 1

    def _colon(self, at: int, level: _Level) -> int:
        entry = level.pair or level.part
        if isinstance(entry, Item):
            entry = self._pair(level, entry)
        key_is_near = level.explicit or (entry is not None and self._same_line(entry.key.start, at))
        if entry is None or entry.colon >= 0 or not key_is_near:
            self._wrong("a `:` needs a key before it on the same line", at, at + 1)
            return at + 1
        entry.colon = at
        level.filled = level.explicit = False
        return at + 1

    def _same_line(self, start: int, at: int) -> bool:
        between = self.text[start:at]
        return len(between) <= scan.SIMPLE_KEY_LENGTH and not any(c in between for c in scan.BREAKS)

    def _pair(self, level: _Level, item: Item) -> Entry:
        """Turn an item of a sequence into a mapping with one entry."""
        key = item.value or Scalar(item.start, item.start, "")
        entry = Entry(key, None, -1)
        item.value = Mapping(item.start, key.end, -1, [entry])
        level.pair = entry
        return entry

    def _end_part(self, level: _Level) -> None:
        if level.explicit and isinstance(level.part, Item) and level.pair is None:
            self._pair(level, level.part)  # `[? a]` is a key without a value.

    def _start_part(self, level: _Level, at: int) -> Entry | Item:
        if level.part is None:
            if isinstance(level.node, Mapping):
                level.part = Entry(Scalar(at, at, ""), None, -1)
                level.node.entries.append(level.part)
            else:
                level.part = Item(at, None)
                level.node.items.append(level.part)
        return level.part

    def _put(self, level: _Level, at: int, node: Node) -> None:
        """Put a node in place: as an item, a key, or the value after a colon."""
        part = self._start_part(level, at)
        target = level.pair or part
        if isinstance(target, Item):
            target.value = node
        elif target.colon < 0:
            target.key = node
        else:
            target.value = node
            if level.pair and isinstance(part, Item) and part.value:
                part.value.end = node.end
        level.filled = True
        level.node.end = node.end

    def _open(self, at: int, anchor: str | None, tag: str | None) -> tuple[Mapping | Sequence, int]:
        node: Mapping | Sequence
        if self.text[at] == "{":
            node = Mapping(at, at + 1, -1, tag=tag, anchor=anchor)
        else:
            node = Sequence(at, at + 1, -1, tag=tag, anchor=anchor)
        if len(self.levels) + self.depth >= MAX_DEPTH:
            self._wrong(f"this is nested deeper than {MAX_DEPTH} levels", at, at + 1)
            return node, self.limit  # Its content is skipped.
        if self.levels:
            self._put(self.levels[-1], at, node)
        if anchor:
            self.anchors[anchor] = node
        self.levels.append(_Level(node, at))
        return node, at + 1

    def _node(self, at: int, level: _Level) -> int:
        """Read a node with its anchor and tag."""
        text = self.text
        found = properties.read(text, at)
        if found.fault:
            self.fault = self.fault or found.fault
        start, at = at, found.end
        if at > start:
            at = self._skip_blanks(at)
        char = text[at] if at < self.limit else ","
        if char in "[{":
            return self._open(at, found.anchor, found.tag)[1]
        node, end = self._small_node(at, char)
        fault = properties.apply(node, found, self.anchors)
        self.fault = self.fault or fault
        if start == end:  # Nothing can start here: skip one character and continue.
            self._wrong(f"`{char}` is not allowed here; put the text in quotes", at, at + 1)
            return at + 1
        self._put(level, start, node)
        return end

    def _small_node(self, at: int, char: str) -> tuple[Scalar | Alias, int]:
        """Read a scalar or an alias; an empty scalar if there is neither."""
        text = self.text
        if char == "*":
            node, fault = properties.read_alias(text, at, self.anchors, self.outer_anchors)
            self.fault = self.fault or fault
            return node, node.end
        if char in "'\"":
            return self._quoted(at)
        end = self._plain_end(at)
        return Scalar(at, end, scan.fold_plain(text[at:end])), end

    def _quoted(self, at: int) -> tuple[Scalar, int]:
        end = quotes.quoted_end(self.text, at)
        if 0 <= end <= self.limit:
            node, fault = quotes.closed(self.text, at, end)
        else:
            node, fault = quotes.unclosed(self.text, at, self.limit, " \t]},")
        self.fault = self.fault or fault
        return node, node.end

    def _plain_end(self, at: int) -> int:
        """The end of a plain scalar, including all its lines; in brackets, indentation is free."""
        text = self.text
        end = min(scan.plain_end(text, at, flow=True), self.limit)
        while end > at:
            next_at = end
            while next_at < self.limit and (text[next_at] == " " or text[next_at] in scan.BREAKS):
                next_at += 1
                if text[next_at - 1] in scan.BREAKS and scan.DOCUMENT_MARK.match(text, next_at):
                    return end
            if next_at >= self.limit or next_at == end:
                break
            longer = min(scan.plain_rest(text, next_at, flow=True), self.limit)
            if longer <= next_at:
                break
            end = longer
        return end
