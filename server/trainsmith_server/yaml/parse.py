"""From text to tree: a YAML parser that never fails.

It reads line by line and relies on indentation, so a mistake stays local: every text has a tree,
and one mistake causes one fault. Texts that PyYAML's `safe_load` accepts have no faults and the
same value; texts that it rejects have at least one. Open collections are on an explicit stack, so
nesting needs no recursion. Most lines of a recipe are `key: value`, which one pattern reads.
"""

from __future__ import annotations

import re

from trainsmith_server.yaml import anchors, quotes, scan, tabs
from trainsmith_server.yaml.blocks import Blocks, Frame
from trainsmith_server.yaml.faults import Faults
from trainsmith_server.yaml.flow import closes_on_its_line
from trainsmith_server.yaml.reader import ValueReader
from trainsmith_server.yaml.tree import (
    Entry,
    Item,
    Node,
    Scalar,
    Sequence,
    Span,
    SyntaxFix,
    Tree,
)

_LINE = re.compile(
    # An indent, an optional dash, then `key: simple value  # comment` or an optional comment.
    rf"( *)(- )?(?:([A-Za-z_][\w.-]*):(?: +((?:[A-Za-z0-9_./+~$(]|-(?=[^{scan.BLANKS}]))"
    rf"[^{scan.BREAKS}\t:#]*)| *)((?<= )#[^{scan.BREAKS}]*)?|(#[^{scan.BREAKS}]*)?)"
    rf"(?:\r\n|[{scan.BREAKS}]|\Z)"
)
_DIRECTIVE = re.compile(
    r"%YAML +0*1\.[0-9]+(?: +(?:#.*)?)?$|%(?!(?:YAML|TAG)(?: |$))[0-9A-Za-z_-]+(?: |$)"
)
_DIRECTIVE_LINES = re.compile(
    rf"(?:%[^{scan.BREAKS}]*(?:{scan.NEWLINE}|\Z)| *(?:#[^{scan.BREAKS}]*)?(?:{scan.NEWLINE}))*"
)
"""Directives, and the blank lines and comments between and after them."""


def parse(text: str) -> Tree:
    """Parse any text. Never raises."""
    return _Parser(text).run()


class _Parser:
    """Reads the lines of a text, document by document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults = Faults()
        self.blocks = Blocks(text, self.faults)
        self.reader = ValueReader(text, self.blocks, self.faults)
        self.conflicts: list[Span] = []
        self.conflict_start = -1
        self.document_ended = False
        """True after `...`, when only `---` may follow."""

    def run(self) -> Tree:
        text, blocks, size = self.text, self.blocks, len(self.text)
        for bad in scan.NON_PRINTABLE.finditer(text):
            shown = ", ".join(f"U+{ord(char):04X}" for char in bad[0][:3])
            fix = SyntaxFix("Remove the character", bad.span(), "")
            message = f"YAML does not allow control characters ({shown})"
            self.faults.report(message, *bad.span(), fix=fix)
            self.faults.silent = False
        at = 1 if text.startswith("\ufeff") else 0
        match = _LINE.match
        while at < size:
            line = match(text, at)
            if line is None:
                at = max(self._line(at), at + 1)  # Always advance.
                continue
            key = line[3]
            if key is None:
                if line[2]:
                    at = max(self._line(at), at + 1)
                    continue
                if line[6] is not None:
                    blocks.tail = None
                at = line.end()
                continue
            column = line.end(1) - at
            top = blocks.top
            if top.indent > column:
                popped = blocks.pop_to(column)
                top = blocks.top
            else:
                popped = None
            kind = "sequence" if line[2] else "mapping"
            if top.indent != column or top.kind != kind or len(key) > scan.SIMPLE_KEY_LENGTH:
                at = max(self._line(at, popped), at + 1)
                continue
            start = line.start(3)
            if line[2]:
                self._item(start - 2, column, popped)
                top = blocks.host("mapping", start - at, start, None)
            colon = line.end(3)
            value = line[4]
            if value is None:
                entry = Entry(Scalar(start, colon, key), None, colon)
                top.slot = "value"
                blocks.tail = None
                blocks.last_end = colon + 1
            else:
                value = value.rstrip(" ")
                value_start = line.start(4)
                blocks.last_end = value_end = value_start + len(value)
                node = Scalar(value_start, value_end, value)
                entry = Entry(Scalar(start, colon, key), node, colon)
                top.slot = ""
                blocks.tail = None if line[5] else node
            top.part = entry
            top.pending = None
            top.entries.append(entry)
            blocks.garbage_column = -1
            at = line.end()
        self.faults.silent = False
        self._end_document(size)
        self.faults.found.sort(key=lambda fault: fault.span)
        return Tree(text, blocks.documents, self.faults.found, self.conflicts)

    def _line(self, at: int, popped: Frame | None = None) -> int:
        """Read any line, and more lines if its value continues. Returns the start of the next.

        `popped` is the outermost collection that this line's indentation closed.
        """
        text = self.text
        self.faults.silent = False
        start = scan.end_of(scan.SPACES, text, at)
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
                self.blocks.tail = None
            return end.end()
        if self.document_ended:
            self.faults.report(
                "only a new document, `---`, may follow `...`", start, scan.rest(self.text, start)
            )
            self.document_ended = False
        popped = self.blocks.pop_to(column) or popped
        if self.blocks.tail is not None and column > self.blocks.top.indent:
            next_line = self.reader.continue_plain(at, start)
            if next_line is not None:
                return next_line
        return self._content(start, column, popped)

    def _tab_indent(self, at: int, tab: int) -> tuple[int, int, int | None]:
        """The start of the content after a tab, its column, and the next line if there is none."""
        text = self.text
        start, column, fault = tabs.indentation(text, at, tab)
        self.faults.add(fault)
        if end := scan.LINE_END.match(text, start):
            self.blocks.tail = None
            return start, column, end.end()
        return start, column, None

    def _mark(self, at: int) -> int | None:
        """Read `---`, `...`, a directive or a conflict marker; `None` if there is none."""
        text = self.text
        char = text[at : at + 1]
        if char in ("-", ".") and scan.DOCUMENT_MARK.match(text, at):
            return self._document_start(at) if char == "-" else self._document_end(at)
        if self.blocks.tail is not None and self.blocks.top.kind == "document":
            return None  # The line continues a scalar that is the whole document.
        if char == "%":
            return self._directives(at)
        if char in ("<", "=", ">", "|") and scan.CONFLICT_MARK.match(text, at):
            return self._conflict(at)
        return None

    def _end_document(self, at: int, *, explicit: bool = False) -> None:
        self.blocks.end_document(at)
        if self.conflict_start >= 0 and not explicit:
            self.conflicts.append((self.conflict_start, at))

    def _document_start(self, at: int) -> int:
        self._end_document(at, explicit=True)
        self.document_ended = False
        self.blocks.begin_document(at)
        self.blocks.last_end = at + 3
        start = scan.end_of(scan.SPACES, self.text, at + 3)
        end = scan.LINE_END.match(self.text, start)
        return end.end() if end else self.reader.value(start)

    def _document_end(self, at: int) -> int:
        if not self.blocks.documents:
            self.faults.report("`...` ends a document, but there is none", at, at + 3)
        self._end_document(at, explicit=True)
        self.document_ended = True
        return self.reader.end_line(at + 3, "`...`")

    def _directives(self, at: int) -> int:
        """Read the directives before a document. They end the previous document."""
        text = self.text
        end = scan.end_of(_DIRECTIVE_LINES, text, at)
        lines = [line for line in re.split(scan.NEWLINE, text[at:end]) if line.startswith("%")]
        versions = sum(line.startswith("%YAML ") for line in lines)
        if not all(map(_DIRECTIVE.match, lines)) or versions > 1:
            self.faults.report("this directive is not supported", at, scan.rest(self.text, at))
        elif not text.startswith("-", end) or not scan.DOCUMENT_MARK.match(text, end):
            message = "a line may start with `%` only before a document, `---`"
            self.faults.report(message, at, scan.rest(self.text, at))
        else:
            self._end_document(at, explicit=True)
            self.document_ended = False
        return end

    def _conflict(self, at: int) -> int:
        char = self.text[at]
        if char == "<" or self.conflict_start < 0:
            message = "a merge conflict is not resolved: keep one side and remove the markers"
            self.faults.report(message, at, scan.rest(self.text, at))
            self.conflict_start = at
        if char == ">":
            self.conflicts.append((self.conflict_start, scan.rest(self.text, at)))
            self.conflict_start = -1
        self.blocks.tail = None
        return self.reader.next_line(at)

    # Content

    def _content(self, at: int, column: int, popped: Frame | None) -> int:
        """Read the content of a line from its first character."""
        text = self.text
        if not self.blocks.frames:
            self.blocks.begin_document(at)
        while True:
            char = text[at]
            if char in "-?:" and scan.is_blank(text, at + 1):
                if char == "-":
                    self._item(at, column, popped)
                elif char == "?":
                    self._explicit_key(at, column, popped)
                else:
                    self._explicit_value(at, column, popped)
                self.blocks.last_end = at + 1
                start = scan.end_of(scan.SPACES, text, at + 1)
                start = self.reader.skip_tabs(start)
                if end := scan.LINE_END.match(text, start):
                    return end.end()
                column += start - at
                at = start
                popped = None
                continue
            return self._key_or_value(at, column, popped)

    def _item(self, at: int, column: int, popped: Frame | None) -> None:
        """Start an item of a sequence at its dash."""
        frame = self.blocks.host("sequence", column, at, popped)
        item = Item(at, None)
        if isinstance(frame.node, Sequence):
            frame.node.items.append(item)
        frame.part, frame.slot, frame.pending = item, "value", None

    def _explicit_key(self, at: int, column: int, popped: Frame | None) -> None:
        frame = self.blocks.host("mapping", column, at, popped)
        entry = Entry(Scalar(at + 1, at + 1, ""), None, -1)
        frame.entries.append(entry)
        frame.part, frame.slot, frame.pending = entry, "key", None

    def _explicit_value(self, at: int, column: int, popped: Frame | None) -> None:
        frame = self.blocks.host("mapping", column, at, popped)
        if not isinstance(frame.part, Entry) or frame.part.colon >= 0:
            self.faults.report("a `:` needs a key before it", at, at + 1)
            frame.part = Entry(Scalar(at, at, ""), None, at)
            frame.entries.append(frame.part)
        assert isinstance(frame.part, Entry)
        frame.part.colon = at
        frame.slot, frame.pending = "value", None

    def _key_or_value(self, at: int, column: int, popped: Frame | None) -> int:
        """Read a line's content that does not start with `- `, `? ` or `: `."""
        text = self.text
        found = anchors.read(text, at)
        self.faults.add(found.fault)
        start, at = at, found.end
        if at > start and scan.LINE_END.match(text, at):
            return self._wait_for_node(at, column, found)
        if text[at] in "|>" or (text[at] in "[{'\"" and not self._token_is_key(at)):
            level = text[at] in "|>"  # PyYAML does not require these to be indented.
            if self.blocks.top.slot and (self.blocks.top.indent < column or level):
                return self.reader.value(at, found)
        if text[at] in "|>":
            self.blocks.garbage(at, column, popped)
            return self.reader.next_line(at)
        if at > start and text[at] == ":" and scan.is_blank(text, at + 1):
            node, end = Scalar(at, at, ""), at
        else:
            node, end = self.reader.token(at, column, found.anchor)
        if node is None:
            self.faults.report(f"text can't start with `{text[at]}`; put it in quotes", at, end)
            self.blocks.garbage(at, column, popped)
            return self.reader.next_line(at)
        colon = scan.end_of(scan.SPACES, text, end)
        one_line = not any(char in scan.BREAKS for char in text[at:end])
        if text.startswith(":", colon) and scan.is_blank(text, colon + 1) and one_line:
            return self._implicit_key(start, node, colon, column, popped, found)
        self.faults.add(anchors.apply(node, found, self.blocks.anchors))
        plain = isinstance(node, Scalar) and not node.style
        if not self.blocks.place(node, column, popped) and plain:
            next_line = self.reader.end_line(end, "this")
            if self.reader.may_continue(end, next_line):
                assert isinstance(node, Scalar)
                self.blocks.tail = node
            return next_line
        return self.reader.end_line(end, "this")

    def _token_is_key(self, at: int) -> bool:
        """Whether a quoted scalar or flow collection closes on its line and is followed by `:`."""
        text = self.text
        if text[at] in "[{":
            end = closes_on_its_line(text, at, len(self.blocks.frames), self.blocks.anchors)
        else:
            end = quotes.quoted_end(text, at)
        if end < 0 or any(char in scan.BREAKS for char in text[at:end]):
            return False
        colon = scan.end_of(scan.SPACES, text, end)
        return text.startswith(":", colon) and scan.is_blank(text, colon + 1)

    def _wait_for_node(self, at: int, column: int, found: anchors.Properties) -> int:
        """Keep an anchor or tag for the node on the next line."""
        top = self.blocks.top
        if not top.slot or top.indent >= column:
            self.blocks.garbage(found.start, column, None)
        else:
            self.reader.keep(found)
        return self.reader.next_line(at)

    def _implicit_key(
        self,
        start: int,
        key: Node,
        colon: int,
        column: int,
        popped: Frame | None,
        found: anchors.Properties,
    ) -> int:
        frame = self.blocks.host("mapping", column, start, popped)
        self.faults.add(anchors.apply(key, found, self.blocks.anchors))
        if colon - start > scan.SIMPLE_KEY_LENGTH:
            self.faults.report(
                f"a key is longer than {scan.SIMPLE_KEY_LENGTH} characters", start, key.end
            )
        entry = Entry(key, None, colon)
        frame.entries.append(entry)
        frame.part, frame.slot, frame.pending = entry, "value", None
        self.blocks.last_end = colon + 1
        self.blocks.garbage_column = -1
        after = self.reader.skip_tabs(scan.end_of(scan.SPACES, self.text, colon + 1))
        if end := scan.LINE_END.match(self.text, after):
            return end.end()
        return self.reader.value(after)
