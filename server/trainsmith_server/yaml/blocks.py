"""The open collections of a text that is being parsed: where each line belongs, or would.

Indentation decides, as in YAML. Where it cannot decide, the choices here keep as much of the
document as possible in its place and say what is wrong once.
"""

from __future__ import annotations

import re
from typing import Literal

from trainsmith_server.yaml import scan
from trainsmith_server.yaml.tree import (
    MAX_DEPTH,
    Alias,
    Document,
    Entry,
    Fault,
    Item,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Span,
    SyntaxFix,
)

MAX_FAULTS = 200
"""Later faults of one text are left out: nobody reads them, and each costs time."""


class Frame:
    """An open block collection, or the document itself."""

    __slots__ = (
        "alternate", "entries", "indent", "kind", "node", "part", "pending", "slot", "soft",
    )  # fmt: skip

    def __init__(
        self, kind: Literal["document", "mapping", "sequence"], indent: int, node: Node | None
    ) -> None:
        self.kind = kind
        self.indent = indent
        self.alternate = -1
        """A wrong indent that was reported once and is now accepted."""
        self.soft = False
        """It was opened on a line with a fault, so its indent proves nothing."""
        self.node = node
        self.entries = node.entries if isinstance(node, Mapping) else []
        self.part: Entry | Item | Document | None = None
        """The entry, item or document that is being read."""
        self.slot: Literal["", "key", "value"] = ""
        """What `part` still lacks."""
        self.pending: scan.Properties | None = None
        """An anchor or tag that waits for its node on a later line."""


class Blocks:
    """The stack of open collections, and the faults found so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Fault] = []
        self.documents: list[Document] = []
        self.conflicts: list[Span] = []
        self.conflict_start = -1
        self.anchors: dict[str, Node] = {}
        self.frames: list[Frame] = []
        self.top = Frame("document", -1, None)
        self.tail: Scalar | None = None
        """The plain scalar that the next line may continue."""
        self.last_end = 0
        """Where the content read so far ends."""
        self.silent_line = False
        """The line has a fault already; what follows from it is not reported."""
        self.garbage_column = -1
        """The column of text that could not be placed; lines under it belong to it."""
        self.wasted = 0
        """Characters read in vain in search of closing brackets."""
        self.document_ended = False
        """After `...`: only `---` may follow."""

    # Documents

    def _begin_document(self, at: int) -> None:
        self.documents.append(Document(at, -1))
        self.anchors = {}
        self.top = Frame("document", -1, None)
        self.top.part = self.documents[-1]
        self.top.slot = "value"
        self.frames = [self.top]
        self.tail = None
        self.garbage_column = -1

    def _end_document(self, at: int, *, explicit: bool = False) -> None:
        while len(self.frames) > 1:
            self._pop()
        if self.documents and self.documents[-1].end < 0:
            self.documents[-1].end = at
        if self.conflict_start >= 0 and not explicit:
            self.conflicts.append((self.conflict_start, at))
        self.frames = []
        self.top = Frame("document", -1, None)
        self.tail = None

    # The stack

    def _pop(self) -> Frame:
        frame = self.frames.pop()
        self.top = self.frames[-1]
        self.tail = None
        if frame.node is not None:
            frame.node.end = max(frame.node.start, self.last_end)
        return frame

    def _pop_to(self, column: int) -> Frame | None:
        """Close what is indented deeper than a column. Returns the outermost of it."""
        frame = None
        while self.top.indent > column:
            frame = self._pop()
        return frame

    def _push(self, frame: Frame) -> Frame:
        self.frames.append(frame)
        self.top = frame
        frame.soft = frame.soft or self.silent_line
        return frame

    def _fill(self, node: Node) -> None:
        """Put a node where the top frame waits for one, with the properties that wait for it."""
        top = self.top
        if top.pending and not isinstance(node, Alias):
            anchor, tag = top.pending.anchor or node.anchor, top.pending.tag or node.tag
            if (node.anchor or anchor) != anchor or (node.tag or tag) != tag:
                self._fault("one value has two anchors or tags", node.start, node.end)
            node.anchor, node.tag = anchor, tag
            if node.anchor:
                self.anchors[node.anchor] = node
        elif top.pending:
            self._fault("an alias takes no anchor and no tag", node.start, node.end)
        top.pending = None
        part = top.part
        if isinstance(part, Document):
            part.root = node
        elif isinstance(part, Entry) and top.slot == "key":
            part.key = node
        elif part is not None:
            part.value = node
        top.slot = ""
        self.last_end = max(self.last_end, node.end)

    def _open(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> Frame:
        """Open a block collection in the waiting place of the top frame."""
        node: Mapping | Sequence
        node = Mapping(at, at, column) if kind == "mapping" else Sequence(at, at, column)
        if len(self.frames) <= MAX_DEPTH:
            self._fill(node)
        elif not any("nested deeper" in fault.message for fault in self.faults[-1:]):
            self._fault(f"this is nested deeper than {MAX_DEPTH} levels", at, at + 1)
        return self._push(Frame(kind, column, node))

    def _detached(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> Frame:
        """Open a collection that has no place in the tree, so that its lines go unreported."""
        node = Mapping(at, at, column) if kind == "mapping" else Sequence(at, at, column)
        return self._push(Frame(kind, column, node))

    # Where things belong

    def _host(
        self,
        kind: Literal["mapping", "sequence"],
        column: int,
        at: int,
        popped: Frame | None,
    ) -> Frame:
        """The frame that an entry or item at a column belongs to; opens or repairs it as needed."""
        tail, self.tail = self.tail, None
        top = self.top
        if top.indent == column:
            if top.kind == kind:
                return top
            below = self.frames[-2] if len(self.frames) > 1 else top
            if top.kind == "sequence" and below.kind == kind and below.indent == column:
                self._pop()  # A list at the column of its key ends where the next key begins.
                return self.top
            if top.kind == "mapping" and below.kind == kind and below.indent == column:
                self._pop()  # A key was misplaced among the items of a list; here the list goes on.
                return self.top
            if top.kind == "mapping" and top.slot == "value":
                return self._open(kind, column, at)
            return self._misplaced(kind, column, at)
        if top.slot:
            return self._open(kind, column, at)
        if tail is not None and kind == "mapping" and (half := self._half_typed(tail, column)):
            return half
        if popped is not None and popped.kind == kind:
            if not popped.soft:
                self._indent_fault(at, "the indentation matches no line above")
            popped.alternate, popped.indent = popped.indent, column
            return self._push(popped)
        if top.kind == kind:
            if top.alternate != column and not self._in_garbage(column):
                self._indent_fault(at, "this is indented deeper than the entries beside it")
                top.alternate = column
            return top
        self._garbage(at, column, None)
        return self._detached(kind, column, at)

    def _misplaced(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> Frame:
        """A dash among keys, or a key among dashes."""
        end = self._rest(at)
        if kind == "sequence":
            if self.garbage_column != column:
                self._fault("a list item stands where a key is expected", at, end)
            self.garbage_column = column
            return self._detached(kind, column, at)
        self._fault("a key stands where a list item, `- `, is expected", at, end)
        top = self.top
        item = Item(at, None)
        if isinstance(top.node, Sequence):
            top.node.items.append(item)
        top.part, top.slot = item, "value"
        return self._open(kind, column, at)

    def _half_typed(self, tail: Scalar, column: int) -> Frame | None:
        """Turn text that stands alone above a key into keys that lack their colon.

        `section:`, `  lear`, `  batch_size: 8` is a half-typed key and its neighbour, though YAML
        would read `lear batch_size` as one text. A key that is indented deeper is a child of it.
        """
        line_start = max(self.text.rfind(char, 0, tail.start) for char in scan.BREAKS) + 1
        indent = tail.start - line_start
        if indent > column or self.text[line_start : tail.start].strip(" "):
            return None
        self.top.slot = "value"
        frame = self._open("mapping", indent, tail.start)
        at = tail.start
        while at < tail.end:
            end = min(scan.plain_rest(self.text, at, flow=False), tail.end)
            self._key_without_colon(frame, Scalar(at, max(end, at + 1), self.text[at:end]))
            at = max(end, at + 1)
            while at < tail.end and self.text[at] in scan.BLANKS:
                at += 1
        return self._open("mapping", column, tail.end) if column > indent else frame

    def _key_without_colon(self, frame: Frame, key: Node) -> None:
        entry = Entry(key, None, -1)
        frame.entries.append(entry)
        frame.part, frame.slot, frame.pending = entry, "value", None
        text = self.text[key.start : key.end]
        # `batch_size 8` is a key and its value.
        pair = re.fullmatch(r"([\w.-]+) +\S+", text)
        at = key.start + pair.end(1) if pair else key.end
        fix = SyntaxFix("Insert `:`", (at, at), ":")
        message = "`:` is missing after this key"
        glued = re.match(r"[\w.-]+:(?=\S)", text)
        if glued:
            at = key.start + glued.end()
            fix, message = (
                SyntaxFix("Insert a space", (at, at), " "),
                "a space is missing after `:`",
            )
        self._fault(message, key.start, key.end, fix=fix)

    def _place(self, node: Node, column: int, popped: Frame | None) -> bool:
        """Put a node that is no key where it belongs. Returns whether it became a faulty entry."""
        tail, self.tail = self.tail, None
        top = self.top
        if top.kind == "sequence" and top.indent == column and len(self.frames) > 1:
            below = self.frames[-2]
            if below.kind == "mapping" and below.indent == column:
                self._pop()
                top = self.top
        if top.kind == "mapping" and column in (top.indent, top.alternate):
            self._key_without_colon(top, node)
            self.last_end = node.end
            return True
        if top.slot and column > top.indent:
            self._fill(node)
            return False
        if popped is not None and popped.kind == "mapping" and tail is None:
            self._indent_fault(node.start, "the indentation matches no line above")
            popped.alternate, popped.indent = popped.indent, column
            self._push(popped)
            self._key_without_colon(popped, node)
            return True
        if top.kind == "sequence" and top.indent == column:
            fix = SyntaxFix("Insert `- `", (node.start, node.start), "- ")
            self._fault("`- ` is missing before this item", node.start, node.end, fix=fix)
            if isinstance(top.node, Sequence):
                top.node.items.append(Item(node.start, node))
            self.last_end = node.end
            return True
        self._garbage(node.start, column, popped)
        return True

    # Faults

    def _garbage(self, at: int, column: int, popped: Frame | None) -> None:
        """Text that has no place. Only its first line is reported, and it closes nothing."""
        if not self._in_garbage(column):
            self._fault("this text has no place here", at, self._rest(at))
            self.garbage_column = column
        if popped is not None:
            self._push(popped)
        self.silent_line = True

    def _in_garbage(self, column: int) -> bool:
        return 0 <= self.garbage_column <= column

    def _indent_fault(self, at: int, message: str) -> None:
        self._fault(message, at, self._rest(at), "yaml-indentation")

    def _fault(
        self,
        message: str,
        start: int,
        end: int,
        code: str = "yaml-syntax",
        fix: SyntaxFix | None = None,
    ) -> None:
        self._add(Fault(code, message, (start, end), fix))

    def _add(self, fault: Fault) -> None:
        """Report a fault, unless its line has one already: the second follows from the first."""
        if not self.silent_line and len(self.faults) < MAX_FAULTS:
            self.faults.append(fault)
        self.silent_line = True

    def _rest(self, at: int) -> int:
        return scan.end_of(scan.REST, self.text, at)
