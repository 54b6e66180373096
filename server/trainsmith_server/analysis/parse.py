"""From text to tree: a YAML parser that never fails.

It reads line by line and lets indentation decide, so a mistake stays where it is: every text gives a
tree, and one mistake gives one fault. Texts that PyYAML's `safe_load` takes give no fault and the
same value; texts that it refuses give at least one. Collections stand on an explicit stack, so depth
costs no recursion. Most lines of a recipe are `key: value`; one pattern reads those.
"""

from __future__ import annotations

import re
from typing import Literal

from trainsmith_server.analysis import scan
from trainsmith_server.analysis.flow import read_flow
from trainsmith_server.analysis.tree import (
    MAX_DEPTH,
    Alias,
    Document,
    Entry,
    Fault,
    Item,
    Mapping,
    Mend,
    Node,
    Scalar,
    Sequence,
    Span,
    Tree,
)

MAX_FAULTS = 200
"""Later faults of one text are left out: nobody reads them, and each costs time."""

_SIMPLE_KEY_LENGTH = 1024
_LINE = re.compile(
    # An indent, then either `key: simple value  # comment` or nothing but perhaps a comment.
    rf"( *)(?:([A-Za-z_][\w.-]*):(?: +((?:[A-Za-z0-9_./+~$(]|-(?=[^{scan.BLANKS}]))"
    rf"[^{scan.BREAKS}\t:#]*)| *)((?<= )#[^{scan.BREAKS}]*)?|(#[^{scan.BREAKS}]*)?)"
    rf"(?:\r\n|[{scan.BREAKS}]|\Z)"
)
_DIRECTIVE = re.compile(r"%YAML +1\.[0-9]+ *(?:#.*)?$|%(?!YAML\b|TAG\b)[0-9A-Za-z_-]+(?: |$)")
_NESTED_INDENT = 2
"""Columns that a tab counts for, since it must count for something."""


def parse(text: str) -> Tree:
    """Parse any text. Never raises."""
    return _BlockParser(text).run()


class _Frame:
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


class _BlockParser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Fault] = []
        self.documents: list[Document] = []
        self.conflicts: list[Span] = []
        self.conflict_start = -1
        self.anchors: dict[str, Node] = {}
        self.frames: list[_Frame] = []
        self.top = _Frame("document", -1, None)
        self.tail: Scalar | None = None
        """The plain scalar that the next line may continue."""
        self.last_end = 0
        """Where the content read so far ends."""
        self.silent_line = False
        """The line has a fault already; what follows from it is not reported."""
        self.garbage_column = -1
        """The column of text that could not be placed; lines under it belong to it."""
        self.document_ended = False
        """After `...`: only `---` may follow."""
        self.directives = False

    # The lines

    def run(self) -> Tree:
        text, size = self.text, len(self.text)
        for bad in scan.NON_PRINTABLE.finditer(text):
            shown = ", ".join(f"U+{ord(char):04X}" for char in bad[0][:3])
            mend = Mend("Remove the character", bad.span(), "")
            self._fault(f"YAML allows no control characters ({shown})", *bad.span(), mend=mend)
            self.silent_line = False
        at = 1 if text.startswith("\ufeff") else 0
        match = _LINE.match
        while at < size:
            line = match(text, at)
            if line is None:
                at = self._line(at)
                continue
            key = line[2]
            if key is None:
                if line[5] is not None:
                    self.tail = None
                at = line.end()
                continue
            start = line.end(1)
            column = start - at
            top = self.top
            if top.indent > column:
                popped = self._pop_to(column)
                top = self.top
            else:
                popped = None
            if top.indent != column or top.kind != "mapping" or len(key) > _SIMPLE_KEY_LENGTH:
                at = self._line(at, popped)
                continue
            colon = line.end(2)
            value = line[3]
            if value is None:
                entry = Entry(Scalar(start, colon, key), None, colon)
                top.slot = "value"
                self.tail = None
                self.last_end = colon + 1
            else:
                value = value.rstrip(" ")
                value_start = line.start(3)
                self.last_end = value_end = value_start + len(value)
                node = Scalar(value_start, value_end, value)
                entry = Entry(Scalar(start, colon, key), node, colon)
                top.slot = ""
                self.tail = None if line[4] else node
            top.part = entry
            top.pending = None
            top.entries.append(entry)
            self.garbage_column = -1
            at = line.end()
        self.silent_line = False
        self._end_document(size)
        if self.directives:
            self._fault("a directive needs a document after it: `---`", size, size)
        self.faults.sort(key=lambda fault: fault.span)
        return Tree(text, self.documents, self.faults, self.conflicts)

    def _line(self, at: int, popped: _Frame | None = None) -> int:
        """Read a line of any form, or several if its value goes on. Returns the next line.

        `popped` is the outermost collection that this line's indentation has closed.
        """
        text = self.text
        self.silent_line = False
        start = _end_of(scan.SPACES, text, at)
        if text.startswith("\t", start):
            start, column, next_line = self._tab_indent(at, start)
            if next_line is not None:
                return next_line
        else:
            column = start - at
        if column == 0 and (next_line := self._mark(at)) is not None:
            return next_line
        end = scan.LINE_END.match(text, start)
        if end:
            if text.startswith("#", start):
                self.tail = None
            return end.end()
        if self.document_ended:
            self._fault("only a new document, `---`, may follow `...`", start, self._rest(start))
            self.document_ended = False
        popped = self._pop_to(column) or popped
        if self.tail is not None and column > self.top.indent:
            next_line = self._continue_plain(at, start)
            if next_line is not None:
                return next_line
        return self._content(start, column, popped)

    def _tab_indent(self, at: int, tab: int) -> tuple[int, int, int | None]:
        """Where content starts behind a tab, the column it stands for, or the next line."""
        text = self.text
        start = _end_of(scan.SPACES_AND_TABS, text, at)
        column = 0
        for char in text[at:start]:
            if char == " ":
                column += 1
            else:
                column += _NESTED_INDENT - column % _NESTED_INDENT
        mend = Mend("Replace tabs by spaces", (at, start), " " * column)
        self._fault("YAML allows no tab in the indentation", tab, start, "yaml-tab", mend)
        if end := scan.LINE_END.match(text, start):
            self.tail = None
            return start, column, end.end()
        return start, column, None

    def _mark(self, at: int) -> int | None:
        """Read `---`, `...`, a directive or a conflict marker; `None` where none of them is."""
        text = self.text
        char = text[at : at + 1]
        if char in ("-", ".") and scan.DOCUMENT_MARK.match(text, at):
            return self._document_start(at) if char == "-" else self._document_end(at)
        if char == "%":
            return self._directive(at)
        if char in ("<", "=", ">", "|") and scan.CONFLICT_MARK.match(text, at):
            if self.tail is not None and self.top.kind == "document":
                return None
            return self._conflict(at)
        return None

    def _document_start(self, at: int) -> int:
        self._end_document(at, explicit=True)
        self.directives = self.document_ended = False
        self._begin_document(at)
        self.last_end = at + 3
        start = _end_of(scan.SPACES, self.text, at + 3)
        end = scan.LINE_END.match(self.text, start)
        return end.end() if end else self._value(start)

    def _document_end(self, at: int) -> int:
        if not self.documents:
            self._fault("`...` ends a document, but none has begun", at, at + 3)
        self._end_document(at, explicit=True)
        self.document_ended = True
        return self._end_line(at + 3, "`...`")

    def _directive(self, at: int) -> int:
        end = self._rest(at)
        if self.tail is not None and self.top.kind == "document":
            self._fault("a line of text must not start with `%`", at, end)
            return self._next_line(at)
        if self.documents and self.documents[-1].end < 0:
            self._fault("a directive stands before its document, after `...`", at, end)
        elif not _DIRECTIVE.match(self.text[at:end]):
            self._fault("this directive is not supported", at, end)
        self.directives = True
        self.document_ended = False
        return self._next_line(at)

    def _conflict(self, at: int) -> int:
        char = self.text[at]
        if char == "<" or self.conflict_start < 0:
            message = "a merge conflict is not resolved: keep one side and remove the markers"
            self._fault(message, at, self._rest(at))
            self.conflict_start = at
        if char == ">":
            self.conflicts.append((self.conflict_start, self._rest(at)))
            self.conflict_start = -1
        self.tail = None
        return self._next_line(at)

    # Documents and frames

    def _begin_document(self, at: int) -> None:
        self.documents.append(Document(at, -1))
        self.anchors = {}
        self.top = _Frame("document", -1, None)
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
        self.top = _Frame("document", -1, None)
        self.tail = None

    def _pop(self) -> _Frame:
        frame = self.frames.pop()
        self.top = self.frames[-1]
        self.tail = None
        if frame.node is not None:
            frame.node.end = max(frame.node.start, self.last_end)
        return frame

    def _pop_to(self, column: int) -> _Frame | None:
        """Close what is indented deeper than a column. Returns the outermost of it."""
        frame = None
        while self.top.indent > column:
            frame = self._pop()
        return frame

    def _push(self, frame: _Frame) -> _Frame:
        self.frames.append(frame)
        self.top = frame
        frame.soft = frame.soft or self.silent_line
        return frame

    def _fill(self, node: Node) -> None:
        """Put a node where the top frame waits for one, with the properties that wait for it."""
        top = self.top
        if top.pending and not isinstance(node, Alias):
            node.anchor, node.tag = top.pending.anchor, top.pending.tag
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
        if top.slot != "key":
            top.slot = ""
        self.last_end = max(self.last_end, node.end)

    def _open(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> _Frame:
        """Open a block collection in the waiting place of the top frame."""
        node: Mapping | Sequence
        node = Mapping(at, at, column) if kind == "mapping" else Sequence(at, at, column)
        if len(self.frames) <= MAX_DEPTH:
            self._fill(node)
        elif not any("nested deeper" in fault.message for fault in self.faults[-1:]):
            self._fault(f"this is nested deeper than {MAX_DEPTH} levels", at, at + 1)
        return self._push(_Frame(kind, column, node))

    def _detached(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> _Frame:
        """Open a collection that has no place in the tree, so that its lines go unreported."""
        node = Mapping(at, at, column) if kind == "mapping" else Sequence(at, at, column)
        return self._push(_Frame(kind, column, node))

    # Content

    def _content(self, at: int, column: int, popped: _Frame | None) -> int:
        """Read the content of a line from its first character."""
        text = self.text
        if not self.frames:
            self._begin_document(at)
        while True:
            char = text[at]
            if char in "-?:" and scan.is_blank(text, at + 1):
                if char == "-":
                    self._item(at, column, popped)
                elif char == "?":
                    self._explicit_key(at, column, popped)
                else:
                    self._explicit_value(at, column, popped)
                self.last_end = at + 1
                start = _end_of(scan.SPACES, text, at + 1)
                start = self._tabs(start)
                if end := scan.LINE_END.match(text, start):
                    return end.end()
                column += start - at
                at = start
                popped = None
                continue
            return self._key_or_value(at, column, popped)

    def _item(self, at: int, column: int, popped: _Frame | None) -> None:
        """Begin an item of a sequence at its dash."""
        frame = self._host("sequence", column, at, popped)
        item = Item(at, None)
        if isinstance(frame.node, Sequence):
            frame.node.items.append(item)
        frame.part, frame.slot, frame.pending = item, "value", None

    def _explicit_key(self, at: int, column: int, popped: _Frame | None) -> None:
        frame = self._host("mapping", column, at, popped)
        entry = Entry(Scalar(at + 1, at + 1, ""), None, -1)
        frame.entries.append(entry)
        frame.part, frame.slot, frame.pending = entry, "key", None

    def _explicit_value(self, at: int, column: int, popped: _Frame | None) -> None:
        frame = self._host("mapping", column, at, popped)
        if frame.slot != "key":
            self._fault("a `:` needs a key before it", at, at + 1)
            frame.part = Entry(Scalar(at, at, ""), None, at)
            frame.entries.append(frame.part)
        assert isinstance(frame.part, Entry)
        frame.part.colon = at
        frame.slot, frame.pending = "value", None

    def _host(
        self,
        kind: Literal["mapping", "sequence"],
        column: int,
        at: int,
        popped: _Frame | None,
    ) -> _Frame:
        """The frame that an entry or item at a column belongs to; opens or mends it as needed."""
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

    def _misplaced(self, kind: Literal["mapping", "sequence"], column: int, at: int) -> _Frame:
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

    def _half_typed(self, tail: Scalar, column: int) -> _Frame | None:
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

    def _key_without_colon(self, frame: _Frame, key: Node) -> None:
        entry = Entry(key, None, -1)
        frame.entries.append(entry)
        frame.part, frame.slot, frame.pending = entry, "value", None
        text = self.text[key.start : key.end]
        mend = Mend("Insert `:`", (key.end, key.end), ":")
        message = "`:` is missing after this key"
        glued = re.match(r"[\w.-]+:(?=\S)", text)
        if glued:
            at = key.start + glued.end()
            mend, message = Mend("Insert a space", (at, at), " "), "a space is missing after `:`"
        self._fault(message, key.start, key.end, mend=mend)

    def _key_or_value(self, at: int, column: int, popped: _Frame | None) -> int:
        """Read the text of a line that starts with neither `- ` nor `? ` nor `: `."""
        text = self.text
        found = scan.properties(text, at)
        if found.fault:
            self._add(found.fault)
        start, at = at, found.end
        if at > start and scan.LINE_END.match(text, at):
            return self._wait_for_node(at, column, found)
        if text[at] in "|>" or text[at] in "[{'\"" and not self._token_is_key(at):
            level = text[at] in "|>" and self.top.kind == "mapping"  # PyYAML lets these be.
            if self.top.slot and (self.top.indent < column or level):
                return self._value(at, found)
        if text[at] in "|>":
            self._garbage(at, column, popped)
            return self._next_line(at)
        if at > start and text[at] == ":" and scan.is_blank(text, at + 1):
            node, end = Scalar(at, at, ""), at
        else:
            node, end = self._token(at, column)
        if node is None:
            self._fault(f"text must not start with `{text[at]}`; put it in quotes", at, end)
            self._garbage(at, column, popped)
            return self._next_line(at)
        colon = _end_of(scan.SPACES, text, end)
        one_line = not any(char in scan.BREAKS for char in text[at:end])
        if text.startswith(":", colon) and scan.is_blank(text, colon + 1) and one_line:
            return self._implicit_key(start, node, colon, column, popped, found)
        self._apply(node, found)
        plain = isinstance(node, Scalar) and not node.style
        if not self._place(node, column, popped) and plain:
            next_line = self._end_line(end, "this")
            if self._may_continue(end, next_line):
                assert isinstance(node, Scalar)
                self.tail = node
            return next_line
        return self._end_line(end, "this")

    def _may_continue(self, end: int, next_line: int) -> bool:
        return "#" not in self.text[end:next_line] and "\t" not in self.text[end:next_line]

    def _token_is_key(self, at: int) -> bool:
        """Whether a quoted scalar or flow collection closes on its line and is followed by `:`."""
        text = self.text
        if text[at] in "[{":
            depth = self.top.indent
            flow = read_flow(text, at, depth, len(self.frames), self.anchors)
            end = flow.end if flow.fault is None else -1
        else:
            end = scan.quoted_end(text, at)
        if end < 0 or any(char in scan.BREAKS for char in text[at:end]):
            return False
        colon = _end_of(scan.SPACES, text, end)
        return text.startswith(":", colon) and scan.is_blank(text, colon + 1)

    def _wait_for_node(self, at: int, column: int, found: scan.Properties) -> int:
        """Keep an anchor or tag for the node on the next line."""
        top = self.top
        if not top.slot or top.indent >= column:
            self._garbage(found.start, column, None)
        else:
            self._keep(found)
        return self._next_line(at)

    def _keep(self, found: scan.Properties) -> None:
        top = self.top
        slot = top.slot
        empty = Scalar(found.end, found.end, "", tag=found.tag, anchor=found.anchor)
        self._fill(empty)
        if found.anchor:
            self.anchors[found.anchor] = empty
        top.slot, top.pending = slot, found
        self.last_end = max(self.last_end, found.end)

    def _apply(self, node: Node, found: scan.Properties) -> None:
        """Give a node the properties before it."""
        if found.anchor is None and found.tag is None:
            return
        if isinstance(node, Alias):
            self._fault("an alias takes no anchor and no tag", found.start, node.end)
            return
        node.anchor, node.tag = found.anchor, found.tag
        if found.anchor:
            self.anchors[found.anchor] = node

    def _implicit_key(
        self,
        start: int,
        key: Node,
        colon: int,
        column: int,
        popped: _Frame | None,
        found: scan.Properties,
    ) -> int:
        frame = self._host("mapping", column, start, popped)
        self._apply(key, found)
        if colon - start > _SIMPLE_KEY_LENGTH:
            self._fault(f"a key is longer than {_SIMPLE_KEY_LENGTH} characters", start, key.end)
        entry = Entry(key, None, colon)
        frame.entries.append(entry)
        frame.part, frame.slot, frame.pending = entry, "value", None
        self.last_end = colon + 1
        self.garbage_column = -1
        after = self._tabs(_end_of(scan.SPACES, self.text, colon + 1))
        if end := scan.LINE_END.match(self.text, after):
            return end.end()
        return self._value(after)

    def _place(self, node: Node, column: int, popped: _Frame | None) -> bool:
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
            mend = Mend("Insert `- `", (node.start, node.start), "- ")
            self._fault("`- ` is missing before this item", node.start, node.end, mend=mend)
            if isinstance(top.node, Sequence):
                top.node.items.append(Item(node.start, node))
            self.last_end = node.end
            return True
        self._garbage(node.start, column, popped)
        return True

    def _garbage(self, at: int, column: int, popped: _Frame | None) -> None:
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

    # Values

    def _value(self, at: int, found: scan.Properties | None = None) -> int:
        """Read the value behind a colon, `---`, or at the start of its own line."""
        text = self.text
        if found is None:
            found = scan.properties(text, at)
            if found.fault:
                self._add(found.fault)
            at = found.end
            if at > found.start and scan.LINE_END.match(text, at):
                self._keep(found)
                return self._next_line(at)
        at = self._tabs(at)
        if scan.is_blank(text, at):
            return self._next_line(at)
        if text[at] in "|>":
            return self._block_scalar(at, found)
        if text[at] in "-?:" and scan.is_blank(text, at + 1):
            what = "a list item" if text[at] == "-" else f"`{text[at]}`"
            return self._bad_value(at, at + 1, f"{what} must start on a line of its own")
        node, end = self._token(at, self.top.indent + 1)
        if node is None:
            return self._bad_value(at, end, f"text must not start with `{text[at]}`; put it in quotes")
        colon = _end_of(scan.SPACES, text, end)
        if text.startswith(":", colon) and scan.is_blank(text, colon + 1):
            message = "a second `:` is not allowed on this line; put the text in quotes"
            return self._bad_value(at, colon, message, colon)
        if found.anchor or found.tag:
            if self.top.pending:
                self._fault("one value has two anchors or tags", found.start, found.end)
            self.top.pending = found
        self._fill(node)
        next_line = self._end_line(end, "the value")
        plain = isinstance(node, Scalar) and not node.style
        self.tail = node if plain and self._may_continue(end, next_line) else None
        return next_line

    def _bad_value(self, start: int, end: int, message: str, fault_at: int = -1) -> int:
        """Take the rest of a line as text, with a fault."""
        rest = self.text[start : self._rest(start)]
        content = re.split(r" +#", rest, maxsplit=1)[0].rstrip(" \t")
        fault_at = start if fault_at < 0 else fault_at
        self._fault(message, fault_at, max(end, fault_at + 1))
        self._fill(Scalar(start, start + len(content), content))
        self.garbage_column = self.top.indent + 1
        return self._next_line(start)

    def _block_scalar(self, at: int, found: scan.Properties) -> int:
        read = scan.block_scalar(self.text, at, self.top.indent)
        if read.fault:
            self._add(read.fault)
        if found.anchor or found.tag:
            self.top.pending = found
        self._fill(Scalar(at, read.end, read.content, self.text[at]))
        return read.next_line

    def _token(self, at: int, column: int) -> tuple[Node | None, int]:
        """Read a scalar on one line, a quoted scalar, a flow collection or an alias.

        Returns no node where none can start, and the end of the line.
        """
        text = self.text
        char = text[at]
        if char in "'\"":
            return self._quoted(at)
        if char in "[{":
            indent = min(self.top.indent, column - 1) if self.top.slot else column - 1
            flow = read_flow(text, at, indent, len(self.frames), self.anchors)
            if flow.fault:
                self._add(flow.fault)
            self.anchors.update(flow.anchors)
            return flow.node, flow.end
        if char == "*":
            name, end, fault = scan.alias(text, at)
            target = self.anchors.get(name)
            if fault is None and target is None:
                fault = Fault("yaml-syntax", f"there is no anchor `&{name}` before this", (at, end))
            if fault:
                self._add(fault)
            return Alias(at, end, name, target), end
        end = scan.plain_end(text, at, flow=False)
        if end == at:
            return None, self._rest(at)
        return Scalar(at, end, text[at:end]), end

    def _quoted(self, at: int) -> tuple[Scalar, int]:
        text = self.text
        end = scan.quoted_end(text, at)
        rest = self._rest(at)
        closed = end >= 0
        if end > rest:  # It spans lines: believe so only if its end looks like one.
            after = _end_of(scan.SPACES_AND_TABS, text, end)
            closed = scan.is_blank(text, after) or text[after] == "#"
        if closed:
            content, fault = scan.unquote(text, at, end)
            if fault:
                self._add(fault)
            return Scalar(at, end, content, text[at]), end
        end = at + len(text[at:rest].rstrip(" \t"))
        mend = Mend("Close the quote", (end, end), text[at])
        self._fault("this quote is never closed", at, end, mend=mend)
        return Scalar(at, end, text[at + 1 : end], text[at]), end

    def _continue_plain(self, at: int, start: int) -> int | None:
        """Let the plain scalar above go on over this line and those after it.

        Returns the line behind it, or `None` where this line is not part of it.
        """
        text, tail = self.text, self.tail
        assert tail is not None
        indent = self.top.indent
        end, next_line = tail.end, -1
        while True:
            line_end = scan.plain_rest(text, start, flow=False)
            after = _end_of(scan.SPACES, text, line_end)
            if line_end == start or text.startswith(":", after):
                break
            end = line_end
            next_line = self._end_line(line_end, "this text")
            if not self._may_continue(line_end, next_line):
                self.tail = None
                break
            at = next_line
            start = at
            while start < len(text) and (text[start] == " " or text[start] in scan.BREAKS):
                start += 1
                if text[start - 1] in scan.BREAKS:
                    at = start
            if start >= len(text) or start - at <= indent:
                break
            if start == at and scan.DOCUMENT_MARK.match(text, start):
                break
        if next_line < 0:
            return None
        tail.end = self.last_end = end
        tail.text = scan.fold_plain(text[tail.start : end])
        return next_line

    # Small things

    def _tabs(self, at: int) -> int:
        """Skip tabs where PyYAML allows only spaces."""
        if not self.text.startswith("\t", at):
            return at
        end = _end_of(scan.SPACES_AND_TABS, self.text, at)
        blank = end >= len(self.text) or self.text[end] in scan.BREAKS
        mend = Mend("Replace the tab by a space", (at, end), "" if blank else " ")
        self._fault("a tab separates nothing in YAML; use spaces", at, end, "yaml-tab", mend)
        return end

    def _end_line(self, at: int, what: str) -> int:
        """Check that nothing but a comment follows on the line. Returns the next line."""
        end = scan.LINE_END.match(self.text, at)
        if end:
            return end.end()
        start = self._tabs(_end_of(scan.SPACES, self.text, at))
        if not scan.LINE_END.match(self.text, start):
            self._fault(f"nothing may follow {what} on its line", start, self._rest(start))
            self.garbage_column = self.top.indent + 1
        return self._next_line(at)

    def _rest(self, at: int) -> int:
        return _end_of(scan.REST, self.text, at)

    def _next_line(self, at: int) -> int:
        return _end_of(scan.NEXT_LINE, self.text, at)

    def _fault(
        self,
        message: str,
        start: int,
        end: int,
        code: str = "yaml-syntax",
        mend: Mend | None = None,
    ) -> None:
        self._add(Fault(code, message, (start, end), mend))

    def _add(self, fault: Fault) -> None:
        """Report a fault, unless its line has one already: the second follows from the first."""
        if not self.silent_line and len(self.faults) < MAX_FAULTS:
            self.faults.append(fault)
        self.silent_line = True


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern that matches anything, even nothing, ends."""
    found = pattern.match(text, at)
    assert found
    return found.end()
