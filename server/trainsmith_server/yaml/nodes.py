"""Reading one value at a time: scalars of every style, flow collections, aliases."""

from __future__ import annotations

import re

from trainsmith_server.yaml import scan
from trainsmith_server.yaml.blocks import Blocks
from trainsmith_server.yaml.flow import Flow, read_flow
from trainsmith_server.yaml.tree import Alias, Fault, Node, Scalar, SyntaxFix

_PATIENCE = 1
"""How often a whole text may be read in vain in search of closing brackets."""
_LEAST_PATIENCE = 10_000


class NodeReader(Blocks):
    """Reads values into the place that is open for one."""

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
        node, end = self._token(at, self.top.indent + 1, found.anchor)
        if node is None:
            return self._bad_value(
                at, end, f"text must not start with `{text[at]}`; put it in quotes"
            )
        colon = scan.end_of(scan.SPACES, text, end)
        if text.startswith(":", colon) and scan.is_blank(text, colon + 1):
            message = "a second `:` is not allowed on this line; put the text in quotes"
            return self._bad_value(at, colon, message, colon)
        if found.anchor or found.tag:
            if self.top.pending:
                self._fault("one value has two anchors or tags", found.start, found.end)
            self.top.pending = found
        self._fill(node)
        next_line = self._end_line(end, "the value")
        if isinstance(node, Scalar) and not node.style and self._may_continue(end, next_line):
            self.tail = node
        else:
            self.tail = None
        return next_line

    def _bad_value(self, start: int, end: int, message: str, fault_at: int = -1) -> int:
        """Take the rest of a line as text, with a fault."""
        rest = self.text[start : self._rest(start)]
        content = re.split(r"(?<= )#", rest, maxsplit=1)[0].rstrip(" \t")
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

    def _flow(self, at: int, indent: int, anchor: str | None = None) -> Flow:
        """Read a flow collection; after many that were never closed, with less patience."""
        patient = self.wasted < _PATIENCE * len(self.text) + _LEAST_PATIENCE
        depth = len(self.frames)
        flow = read_flow(self.text, at, indent, depth, self.anchors, anchor, patient=patient)
        self.wasted += flow.wasted
        return flow

    def _token(self, at: int, column: int, anchor: str | None = None) -> tuple[Node | None, int]:
        """Read a scalar on one line, a quoted scalar, a flow collection or an alias.

        Returns no node where none can start, and the end of the line.
        """
        text = self.text
        char = text[at]
        if char in "'\"":
            return self._quoted(at)
        if char in "[{":
            indent = min(self.top.indent, column - 1) if self.top.slot else column - 1
            flow = self._flow(at, indent, anchor)
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
            after = scan.end_of(scan.SPACES_AND_TABS, text, end)
            closed = scan.is_blank(text, after) or text[after] == "#"
        if closed:
            content, fault = scan.unquote(text, at, end)
            if fault:
                self._add(fault)
            return Scalar(at, end, content, text[at]), end
        end = at + len(text[at:rest].rstrip(" \t"))
        fix = SyntaxFix("Close the quote", (end, end), text[at])
        self._fault("this quote is never closed", at, end, fix=fix)
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
            after = scan.end_of(scan.SPACES, text, line_end)
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

    def _may_continue(self, end: int, next_line: int) -> bool:
        return "#" not in self.text[end:next_line] and "\t" not in self.text[end:next_line]

    def _keep(self, found: scan.Properties) -> None:
        top = self.top
        slot = top.slot
        empty = Scalar(found.end, found.end, "", tag=found.tag, anchor=found.anchor)
        self._fill(empty)
        if found.anchor:
            self.anchors[found.anchor] = empty
        top.slot, top.pending = slot, found
        self.last_end = max(self.last_end, found.end)

    def _tabs(self, at: int) -> int:
        """Skip tabs where PyYAML allows only spaces."""
        if not self.text.startswith("\t", at):
            return at
        end = scan.end_of(scan.SPACES_AND_TABS, self.text, at)
        blank = end >= len(self.text) or self.text[end] in scan.BREAKS
        fix = SyntaxFix("Replace the tab by a space", (at, end), "" if blank else " ")
        self._fault("a tab separates nothing in YAML; use spaces", at, end, "yaml-tab", fix)
        return end

    def _end_line(self, at: int, what: str) -> int:
        """Check that nothing but a comment follows on the line. Returns the next line."""
        end = scan.LINE_END.match(self.text, at)
        if end:
            return end.end()
        start = self._tabs(scan.end_of(scan.SPACES, self.text, at))
        if not scan.LINE_END.match(self.text, start):
            self._fault(f"nothing may follow {what} on its line", start, self._rest(start))
            self.garbage_column = self.top.indent + 1
        return self._next_line(at)

    def _next_line(self, at: int) -> int:
        return scan.end_of(scan.NEXT_LINE, self.text, at)
