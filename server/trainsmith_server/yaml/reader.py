"""Reads one value: a scalar of any style, a flow collection or an alias."""

from __future__ import annotations

import re

from trainsmith_server.yaml import anchors, quotes, scan, tabs
from trainsmith_server.yaml.blocks import Blocks
from trainsmith_server.yaml.faults import Faults
from trainsmith_server.yaml.flow import Flow, read_flow
from trainsmith_server.yaml.tree import Node, Scalar

_PATIENCE = 1
"""How many times a whole text may be read in vain in search of closing brackets."""
_MIN_PATIENCE = 10_000


class ValueReader:
    """Reads values into the open slot of the top frame."""

    def __init__(self, text: str, blocks: Blocks, faults: Faults) -> None:
        self.text = text
        self.blocks = blocks
        self.faults = faults
        self.wasted = 0
        """The number of characters read in vain in search of closing brackets."""

    def value(self, at: int, found: anchors.Properties | None = None) -> int:
        """Read the value after a colon or `---`, or at the start of its own line."""
        text = self.text
        if found is None:
            found = anchors.read(text, at)
            self.faults.add(found.fault)
            at = found.end
            if at > found.start and scan.LINE_END.match(text, at):
                self.keep(found)
                return self.next_line(at)
        at = self.skip_tabs(at)
        if scan.is_blank(text, at):
            return self.next_line(at)
        if text[at] in "|>":
            return self._block_scalar(at, found)
        if text[at] in "-?:" and scan.is_blank(text, at + 1):
            what = "a list item" if text[at] == "-" else f"`{text[at]}`"
            return self._bad_value(at, at + 1, f"{what} must start on a line of its own")
        node, end = self.token(at, self.blocks.top.indent + 1, found.anchor)
        if node is None:
            return self._bad_value(at, end, f"text can't start with `{text[at]}`; put it in quotes")
        colon = scan.end_of(scan.SPACES, text, end)
        if text.startswith(":", colon) and scan.is_blank(text, colon + 1):
            message = "a second `:` is not allowed on this line; put the text in quotes"
            return self._bad_value(at, colon, message, colon)
        if found.anchor or found.tag:
            if self.blocks.top.pending:
                self.faults.add(anchors.twice_given(found.start, found.end))
            self.blocks.top.pending = found
        self.blocks.fill(node)
        next_line = self.end_line(end, "the value")
        if isinstance(node, Scalar) and not node.style and self.may_continue(end, next_line):
            self.blocks.tail = node
        else:
            self.blocks.tail = None
        return next_line

    def _bad_value(self, start: int, end: int, message: str, fault_at: int = -1) -> int:
        """Read the rest of a line as text, with a fault."""
        rest = self.text[start : scan.rest(self.text, start)]
        content = re.split(r"(?<= )#", rest, maxsplit=1)[0].rstrip(" \t")
        fault_at = start if fault_at < 0 else fault_at
        self.faults.report(message, fault_at, max(end, fault_at + 1))
        self.blocks.fill(Scalar(start, start + len(content), content))
        self.blocks.garbage_column = self.blocks.top.indent + 1
        return self.next_line(start)

    def _block_scalar(self, at: int, found: anchors.Properties) -> int:
        read = scan.block_scalar(self.text, at, self.blocks.top.indent)
        self.faults.add(read.fault)
        if found.anchor or found.tag:
            self.blocks.top.pending = found
        self.blocks.fill(Scalar(at, read.end, read.content, self.text[at]))
        return read.next_line

    def _flow(self, at: int, indent: int, anchor: str | None = None) -> Flow:
        """Read a flow collection, with less patience after many that were not closed."""
        patient = self.wasted < _PATIENCE * len(self.text) + _MIN_PATIENCE
        depth = len(self.blocks.frames)
        flow = read_flow(self.text, at, indent, depth, self.blocks.anchors, anchor, patient=patient)
        self.wasted += flow.wasted
        return flow

    def token(self, at: int, column: int, anchor: str | None = None) -> tuple[Node | None, int]:
        """Read a scalar on one line, a quoted scalar, a flow collection or an alias.

        Returns the node and its end; if no node can start here, `None` and the end of the line.
        """
        text = self.text
        char = text[at]
        if char in "'\"":
            return self._quoted(at)
        if char in "[{":
            indent = min(self.blocks.top.indent, column - 1) if self.blocks.top.slot else column - 1
            flow = self._flow(at, indent, anchor)
            self.faults.add(flow.fault)
            self.blocks.anchors.update(flow.anchors)
            return flow.node, flow.end
        if char == "*":
            node, fault = anchors.read_alias(text, at, self.blocks.anchors)
            self.faults.add(fault)
            return node, node.end
        end = scan.plain_end(text, at, flow=False)
        if end == at:
            return None, scan.rest(self.text, at)
        return Scalar(at, end, text[at:end]), end

    def _quoted(self, at: int) -> tuple[Scalar, int]:
        text = self.text
        end, rest = quotes.quoted_end(text, at), scan.rest(text, at)
        closed = end >= 0
        if end > rest:  # It seems to span lines: accept that only if its end is plausible.
            after = scan.end_of(scan.SPACES_AND_TABS, text, end)
            closed = scan.is_blank(text, after) or text[after] == "#"
        if closed:
            node, fault = quotes.closed(text, at, end)
        else:
            node, fault = quotes.unclosed(text, at, len(text), " \t")
        self.faults.add(fault)
        return node, node.end

    def continue_plain(self, at: int, start: int) -> int | None:
        """Continue the plain scalar of the line above on this line and the following ones.

        Returns the line after it, or `None` if this line is not part of it.
        """
        text, tail = self.text, self.blocks.tail
        assert tail is not None
        indent = self.blocks.top.indent
        end, next_line = tail.end, -1
        while True:
            line_end = scan.plain_rest(text, start, flow=False)
            after = scan.end_of(scan.SPACES, text, line_end)
            if line_end == start or text.startswith(":", after):
                break
            end = line_end
            next_line = self.end_line(line_end, "this text")
            if not self.may_continue(line_end, next_line):
                self.blocks.tail = None
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
        tail.end = self.blocks.last_end = end
        tail.text = scan.fold_plain(text[tail.start : end])
        return next_line

    def may_continue(self, end: int, next_line: int) -> bool:
        """Whether the plain scalar that ends on a line may continue on the next."""
        return "#" not in self.text[end:next_line] and "\t" not in self.text[end:next_line]

    def keep(self, found: anchors.Properties) -> None:
        """Keep an anchor or tag for its node on a later line."""
        top = self.blocks.top
        slot = top.slot
        empty = Scalar(found.end, found.end, "", tag=found.tag, anchor=found.anchor)
        self.blocks.fill(empty)
        if found.anchor:
            self.blocks.anchors[found.anchor] = empty
        top.slot, top.pending = slot, found
        self.blocks.last_end = max(self.blocks.last_end, found.end)

    def skip_tabs(self, at: int) -> int:
        """Skip tabs where PyYAML allows only spaces."""
        if not self.text.startswith("\t", at):
            return at
        end, fault = tabs.separator(self.text, at)
        self.faults.add(fault)
        return end

    def end_line(self, at: int, what: str) -> int:
        """Check that only a comment follows on the line. Returns the next line."""
        end = scan.LINE_END.match(self.text, at)
        if end:
            return end.end()
        start = self.skip_tabs(scan.end_of(scan.SPACES, self.text, at))
        if not scan.LINE_END.match(self.text, start):
            self.faults.report(
                f"nothing may follow {what} on its line", start, scan.rest(self.text, start)
            )
            self.blocks.garbage_column = self.blocks.top.indent + 1
        return self.next_line(at)

    def next_line(self, at: int) -> int:
        """The start of the next line."""
        return scan.end_of(scan.NEXT_LINE, self.text, at)
