"""The open block collections during parsing, which decide where each line belongs.

Indentation decides, as in YAML. If it is wrong, the fallbacks here keep as much of the document as
possible in place and report the mistake once.
"""

from __future__ import annotations

import re
from typing import Literal

from trainsmith_server.yaml import scan
from trainsmith_server.yaml.anchors import Properties, apply_waiting
from trainsmith_server.yaml.faults import Faults
from trainsmith_server.yaml.tree import (
    MAX_DEPTH,
    Document,
    Entry,
    Item,
    Mapping,
    Node,
    Scalar,
    Sequence,
    SyntaxFix,
)


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
        """A wrong indentation that was reported once and is now accepted."""
        self.soft = False
        """It was opened on a line with a fault, so its indentation is not reliable."""
        self.node = node
        self.entries = node.entries if isinstance(node, Mapping) else []
        self.part: Entry | Item | Document | None = None
        """The entry, item or document that is being read."""
        self.slot: Literal["", "key", "value"] = ""
        """What is still missing in `part`."""
        self.pending: Properties | None = None
        """An anchor or tag whose node is on a later line."""


class Blocks:
    """The stack of open collections."""

    def __init__(self, text: str, faults: Faults) -> None:
        self.text = text
        self.faults = faults
        self.documents: list[Document] = []
        self.anchors: dict[str, Node] = {}
        self.frames: list[Frame] = []
        self.top = Frame("document", -1, None)
        self.tail: Scalar | None = None
        """The plain scalar that the next line may continue."""
        self.last_end = 0
        """The end of the content that was read so far."""
        self.garbage_column = -1
        """The column of text that could not be placed; deeper lines belong to it."""

    # Documents

    def begin_document(self, at: int) -> None:
        """Open a document."""
        self.documents.append(Document(at, -1))
        self.anchors = {}
        self.top = Frame("document", -1, None)
        self.top.part = self.documents[-1]
        self.top.slot = "value"
        self.frames = [self.top]
        self.tail = None
        self.garbage_column = -1

    def end_document(self, at: int) -> None:
        """Close all open collections and the document."""
        while len(self.frames) > 1:
            self.pop()
        if self.documents and self.documents[-1].end < 0:
            self.documents[-1].end = at
        self.frames = []
        self.top = Frame("document", -1, None)
        self.tail = None

    # The stack

    def pop(self) -> Frame:
        """Close the innermost collection."""
        frame = self.frames.pop()
        self.top = self.frames[-1]
        self.tail = None
        if frame.node is not None:
            frame.node.end = max(frame.node.start, self.last_end)
        return frame

    def pop_to(self, column: int) -> Frame | None:
        """Close the collections that are deeper than a column. Returns the outermost of them."""
        frame = None
        while self.top.indent > column:
            frame = self.pop()
        return frame

    def push(self, frame: Frame) -> Frame:
        """Open a collection, or reopen one."""
        self.frames.append(frame)
        self.top = frame
        frame.soft = frame.soft or self.faults.silent
        return frame

    def fill(self, node: Node) -> None:
        """Put a node into the open slot of the top frame, with its pending anchor and tag."""
        top = self.top
        if top.pending:
            self.faults.add(apply_waiting(node, top.pending, self.anchors))
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

    def open(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> Frame:
        """Open a block collection in the open slot of the top frame."""
        node: Mapping | Sequence
        node = Mapping(at, at, column) if kind == "mapping" else Sequence(at, at, column)
        if len(self.frames) <= MAX_DEPTH:
            self.fill(node)
        elif not any("nested deeper" in fault.message for fault in self.faults.found[-1:]):
            self.faults.report(f"this is nested deeper than {MAX_DEPTH} levels", at, at + 1)
        return self.push(Frame(kind, column, node))

    def detached(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> Frame:
        """Open a collection outside the tree, so that its lines are not reported."""
        node = Mapping(at, at, column) if kind == "mapping" else Sequence(at, at, column)
        return self.push(Frame(kind, column, node))

    # Placement

    def host(
        self,
        kind: Literal["mapping", "sequence"],
        column: int,
        at: int,
        popped: Frame | None,
    ) -> Frame:
        """The frame of an entry or item at a column, which is opened or repaired as needed."""
        tail, self.tail = self.tail, None
        top = self.top
        if top.indent == column:
            if top.kind == kind:
                return top
            below = self.frames[-2] if len(self.frames) > 1 else top
            if top.kind == "sequence" and below.kind == kind and below.indent == column:
                self.pop()  # A list at the column of its key ends where the next key begins.
                return self.top
            if top.kind == "mapping" and below.kind == kind and below.indent == column:
                self.pop()  # A misplaced key among the items of a list; the list continues here.
                return self.top
            if top.kind == "mapping" and top.slot == "value":
                return self.open(kind, column, at)
            return self._misplaced(kind, column, at)
        if top.slot:
            return self.open(kind, column, at)
        if tail is not None and kind == "mapping" and (half := self._half_typed(tail, column)):
            return half
        if popped is not None and popped.kind == kind:
            if not popped.soft:
                self._indent_fault(at, "the indentation matches no line above")
            popped.alternate, popped.indent = popped.indent, column
            return self.push(popped)
        if top.kind == kind:
            if top.alternate != column and not self._in_garbage(column):
                self._indent_fault(at, "this is indented deeper than the entries next to it")
                top.alternate = column
            return top
        self.garbage(at, column, None)
        return self.detached(kind, column, at)

    def _misplaced(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> Frame:
        """A dash among keys, or a key among dashes."""
        end = scan.rest(self.text, at)
        if kind == "sequence":
            if self.garbage_column != column:
                self.faults.report("expected a key, found a list item", at, end)
            self.garbage_column = column
            return self.detached(kind, column, at)
        self.faults.report("expected a list item, `- `, found a key", at, end)
        top = self.top
        item = Item(at, None)
        if isinstance(top.node, Sequence):
            top.node.items.append(item)
        top.part, top.slot = item, "value"
        return self.open(kind, column, at)

    def _half_typed(self, tail: Scalar, column: int) -> Frame | None:
        """Turn text that is alone on the lines above a key into keys without a colon.

        In `section:`, `  lear`, `  batch_size: 8`, `lear` is a half-typed key, although YAML would
        read `lear batch_size` as one scalar. A key that is indented deeper becomes its child.
        """
        line_start = max(self.text.rfind(char, 0, tail.start) for char in scan.BREAKS) + 1
        indent = tail.start - line_start
        if indent > column or self.text[line_start : tail.start].strip(" "):
            return None
        self.top.slot = "value"
        frame = self.open("mapping", indent, tail.start)
        at = tail.start
        while at < tail.end:
            end = min(scan.plain_rest(self.text, at, flow=False), tail.end)
            self._key_without_colon(frame, Scalar(at, max(end, at + 1), self.text[at:end]))
            at = max(end, at + 1)
            while at < tail.end and self.text[at] in scan.BLANKS:
                at += 1
        return self.open("mapping", column, tail.end) if column > indent else frame

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
        self.faults.report(message, key.start, key.end, fix=fix)

    def place(self, node: Node, column: int, popped: Frame | None) -> bool:
        """Put a node that is not a key in place. Returns whether it became a faulty entry."""
        tail, self.tail = self.tail, None
        top = self.top
        if top.kind == "sequence" and top.indent == column and len(self.frames) > 1:
            below = self.frames[-2]
            if below.kind == "mapping" and below.indent == column:
                self.pop()
                top = self.top
        if top.kind == "mapping" and column in (top.indent, top.alternate):
            self._key_without_colon(top, node)
            self.last_end = node.end
            return True
        if top.slot and column > top.indent:
            self.fill(node)
            return False
        if popped is not None and popped.kind == "mapping" and tail is None:
            self._indent_fault(node.start, "the indentation matches no line above")
            popped.alternate, popped.indent = popped.indent, column
            self.push(popped)
            self._key_without_colon(popped, node)
            return True
        if top.kind == "sequence" and top.indent == column:
            fix = SyntaxFix("Insert `- `", (node.start, node.start), "- ")
            self.faults.report("`- ` is missing before this item", node.start, node.end, fix=fix)
            if isinstance(top.node, Sequence):
                top.node.items.append(Item(node.start, node))
            self.last_end = node.end
            return True
        self.garbage(node.start, column, popped)
        return True

    # Faults

    def garbage(self, at: int, column: int, popped: Frame | None) -> None:
        """Skip text that has no place. Only its first line is reported; collections stay open."""
        if not self._in_garbage(column):
            self.faults.report("this text does not belong here", at, scan.rest(self.text, at))
            self.garbage_column = column
        if popped is not None:
            self.push(popped)
        self.faults.silent = True

    def _in_garbage(self, column: int) -> bool:
        return 0 <= self.garbage_column <= column

    def _indent_fault(self, at: int, message: str) -> None:
        self.faults.report(message, at, scan.rest(self.text, at), "yaml-indentation")
