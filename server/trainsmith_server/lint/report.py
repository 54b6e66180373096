"""The diagnostics of a text: syntax, values, duplicate keys, the schema, the rules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from functools import cache
from itertools import chain, islice

from trainsmith_schemas.problems import Path, Problem, dotted
from trainsmith_schemas.validation.validate import field_at
from trainsmith_server.document.bind import Place, entry_span, find, key_span, value_span
from trainsmith_server.document.diagnostics import Diagnostic, Edit, Fix, Related, Severity
from trainsmith_server.document.directives import Directives
from trainsmith_server.document.lint_options import LintOptions
from trainsmith_server.document.query import DocumentQuery
from trainsmith_server.document.result import KnownDocument
from trainsmith_server.lint.suppressions import suppress
from trainsmith_server.rules import all_rules
from trainsmith_server.yaml.keys import entry_of
from trainsmith_server.yaml.lines import LineIndex
from trainsmith_server.yaml.tree import (
    Alias,
    Entry,
    Fault,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Span,
    Tree,
    resolve_alias,
    walk,
)
from trainsmith_server.yaml.values import is_merge, plain_value

_SLIP = 0.9
"""The similarity at which one name is certainly a misspelling of the other."""

_MOST_CHOICES = 8
"""Of the values of an enumeration that are not similar to what was written, those offered."""

MAX_DIAGNOSTICS = 300
"""Further diagnostics of a text are dropped: they take time, and users fix the first ones first."""


def report(
    tree: Tree,
    lines: LineIndex,
    documents: Iterable[KnownDocument],
    value_faults: list[Fault],
    directives: Directives,
    options: LintOptions,
) -> tuple[Diagnostic, ...]:
    """All diagnostics that are not ignored or off, in the order of the text.

    A line with a syntax error has no other diagnostics: those of the schema would only follow from
    the syntax error.
    """
    broken = {line for fault in tree.faults for line in _lines_of(fault.span, lines)}
    readable = (
        diagnostic
        for diagnostic in _on_readable_lines(tree, documents, value_faults, directives, options)
        if broken.isdisjoint(_lines_of(diagnostic.span, lines))
    )
    diagnostics = chain(map(_fault_diagnostic, tree.faults), readable)
    later = _with_model_codes() if any(map(_names_model_file, documents)) else ()
    kept = suppress(diagnostics, directives, lines, options, complete=not tree.faults, later=later)
    reported = (one for diagnostic in kept if (one := _with_severity(diagnostic, options)))
    # Diagnostics are computed lazily, so dropped ones cost no time.
    first = islice(reported, MAX_DIAGNOSTICS)
    return tuple(sorted(first, key=lambda diagnostic: (diagnostic.span, diagnostic.code)))


def _lines_of(span: Span, lines: LineIndex) -> range:
    return range(lines.line_of(span[0]), lines.line_of(span[1]) + 1)


def _with_severity(diagnostic: Diagnostic, options: LintOptions) -> Diagnostic | None:
    """A diagnostic with the severity from the settings; `None` if its code is off."""
    severity = options.severity(diagnostic.code, diagnostic.severity)
    return replace(diagnostic, severity=severity) if severity else None


def _on_readable_lines(
    tree: Tree,
    documents: Iterable[KnownDocument],
    value_faults: list[Fault],
    directives: Directives,
    options: LintOptions,
) -> Iterator[Diagnostic]:
    named = bool(directives.profile or options.profile)
    yield from (_fault_diagnostic(fault) for fault in value_faults)
    for known in documents:
        yield from _duplicate_keys(tree, known.document.root)
        query = DocumentQuery(known, tree.text, options)
        settling = list(_rule_diagnostics(query, options, supersedes=True))
        settled = _settled(known, settling, value_faults)
        unknown_families = _unknown_families(known)
        for problem in known.problems:
            if _is_certain(known, problem, unknown_families, named=named) and not (
                problem.code == "missing-key" and tree.faults
            ):
                diagnostic = _problem_diagnostic(known, problem)
                if not _is_inside(diagnostic, settled):
                    yield diagnostic
        yield from settling
        for diagnostic in _rule_diagnostics(query, options, supersedes=False):
            if not _is_inside(diagnostic, settled):
                yield diagnostic


def _names_model_file(known: KnownDocument) -> bool:
    return find(known.document.root, ("training_config", "model_config")) is not None


@cache
def _with_model_codes() -> frozenset[str]:
    return frozenset(rule.code for rule in all_rules() if rule.with_model)


def _settled(
    known: KnownDocument, diagnostics: Iterable[Diagnostic], value_faults: Iterable[Fault]
) -> list[Span]:
    """The entries that get no follow-on diagnostics: one mistake is one diagnostic.

    They are in the order of the text; of entries inside each other, only the outer one is listed.
    """
    starts = sorted((*(one.span[0] for one in diagnostics), *(one.span[0] for one in value_faults)))
    entries = [entry_span(binding.entry) for binding in known.bindings.entries] if starts else []
    entries.sort()
    around: list[Span] = []
    """The entries around a place, from the outermost to the innermost."""
    found: list[Span] = []
    at = 0
    for start in starts:
        while at < len(entries) and entries[at][0] <= start:
            around.append(entries[at])
            at += 1
        while around and around[-1][1] <= start:
            around.pop()
        if around:
            found.append(around[-1])
    outer: list[Span] = []
    for span in sorted(found, key=lambda span: (span[0], -span[1])):
        if not outer or outer[-1][1] <= span[0]:
            outer.append(span)
    return outer


def _is_inside(diagnostic: Diagnostic, settled: list[Span]) -> bool:
    """Whether a diagnostic is about such an entry or related to one."""
    places = [diagnostic.span, *(one.span for one in diagnostic.related if not one.source)]
    return any(_is_in(place[0], settled) for place in places)


def _is_in(offset: int, spans: list[Span]) -> bool:
    """Whether an offset is in one of some spans, which are sorted and apart."""
    at = bisect_right(spans, offset, key=lambda span: span[0]) - 1
    return at >= 0 and offset < spans[at][1]


def _fault_diagnostic(fault: Fault) -> Diagnostic:
    fixes = ()
    if fault.fix:
        fixes = (
            Fix(fault.fix.title, (Edit(fault.fix.span, fault.fix.new_text),), True, safe=True),
        )
    return Diagnostic(fault.code, "error", fault.message, fault.span, fixes)


def _rule_diagnostics(
    query: DocumentQuery, options: LintOptions, *, supersedes: bool
) -> Iterator[Diagnostic]:
    """The diagnostics of the rules that do, or do not, supersede others on the same entry."""
    for rule in all_rules():
        usual = rule.severity if rule.on else None
        is_on = rule.supersedes == supersedes and options.severity(rule.code, usual)
        if is_on and query.kind.name in rule.documents:
            for violation in rule.check(query):
                yield Diagnostic(
                    rule.code,
                    violation.severity or rule.severity,
                    violation.message,
                    violation.span,
                    violation.fixes,
                    violation.related,
                    violation.tags,
                )


def _duplicate_keys(tree: Tree, root: Node | None) -> Iterator[Diagnostic]:
    """Repeated keys in one mapping, of which PyYAML silently takes the last."""
    for node in walk(root):
        if not isinstance(node, Mapping):
            continue
        first: dict[Hashable, Entry] = {}
        for entry in node.entries:
            key = resolve_alias(entry.key)
            if not isinstance(key, Scalar) or entry.colon < 0 or is_merge(key):
                continue
            earlier = first.setdefault(_key_value(key), entry)
            if earlier is not entry and not _in_conflict(tree, entry):
                yield _duplicate(tree.text, node, earlier, entry, key.text)


def _key_value(key: Scalar) -> Hashable:
    try:
        return plain_value(key.text) if not key.style and key.tag is None else key.text
    except ValueError:
        return key.text


def _in_conflict(tree: Tree, entry: Entry) -> bool:
    return any(start <= entry.key.start < end for start, end in tree.conflicts)


def _duplicate(text: str, mapping: Mapping, earlier: Entry, entry: Entry, key: str) -> Diagnostic:
    fixes = ()
    # A later alias may need the anchor.
    if not mapping.flow and not any(map(_is_anchored, walk(earlier.value))):
        span = _whole_lines(text, earlier)
        fixes = (Fix(f"Remove the first `{key}`, which has no effect", (Edit(span, ""),), True),)
    return Diagnostic(
        "yaml-duplicate-key",
        "error",
        f"`{key}` is repeated; only this last one takes effect",
        key_span(entry),
        fixes,
        (Related(key_span(earlier), f"the first `{key}`"),),
    )


def _is_anchored(node: Node) -> bool:
    return not isinstance(node, Alias) and node.anchor is not None


def _whole_lines(text: str, entry: Entry) -> Span:
    """The lines of a block entry, from its indentation to its last line break."""
    start = text.rfind("\n", 0, entry.key.start) + 1
    end = entry.value.end if entry.value else entry.key.end
    after = text.find("\n", end)
    return start, len(text) if after < 0 else after + 1


def _problem_diagnostic(known: KnownDocument, problem: Problem) -> Diagnostic:
    root = known.document.root
    place, whole = _nearest_place(root, problem.path)
    if place.entry is None and isinstance(place.node, Mapping) and place.node.entries:
        span = key_span(place.node.entries[0])
    elif (problem.on_key or not whole) and place.entry:
        span = key_span(place.entry)
    else:
        span = value_span(place)
    related = tuple(
        Related(value_span(other), dotted(path))
        for path in problem.related
        if (other := find(root, path)) is not None
    )
    message, fixes = problem.message, tuple(_problem_fixes(root, problem, place)) if whole else ()
    meant = place.node if whole and _is_text_field(known, problem) else None
    if isinstance(meant, Scalar) and not meant.style and meant.tag is None:
        message += f"; without quotes, `{meant.text}` is not text in YAML 1.1"
        edit = Edit((meant.start, meant.end), f'"{meant.text}"')
        fixes = (Fix(f'Put it in quotes: "{meant.text}"', (edit,), preferred=True, safe=True),)
    return Diagnostic(problem.code, _severity(known, problem), message, span, fixes, related)


def _severity(known: KnownDocument, problem: Problem) -> Severity:
    """An unknown key is an error only for our trainer; others skip it."""
    if problem.code != "unknown-key" or known.profile.name == "trainsmith":
        return "error"
    return "warning" if problem.suggestions else "information"


def _is_certain(
    known: KnownDocument, problem: Problem, unknown_families: set[Path], *, named: bool
) -> bool:
    """Whether to report a problem: an unknown key may still be right.

    Programs of other trainers and unknown model families may read keys that the schema lacks. For
    them, only misspellings of known keys are reported, unless the trainer was selected explicitly.
    """
    beginning = f"{problem.path[-1]}_" if problem.path else ""
    if problem.code != "unknown-key" or any(
        not name.startswith(beginning) for name in problem.suggestions
    ):
        return True
    is_ours = named or known.profile.name == "trainsmith"
    return is_ours and problem.path[:-1] not in unknown_families


def _unknown_families(known: KnownDocument) -> set[Path]:
    """The sections whose `model_type` is unknown, and not a misspelling of a known one."""
    return {
        problem.path[:-1]
        for problem in known.problems
        if problem.path[-1:] == ("model_type",)
        and problem.code == "invalid-value"
        and not problem.suggestions
    }


def _is_text_field(known: KnownDocument, problem: Problem) -> bool:
    """Whether the field expects text, but the value is a boolean, a number or a date."""
    field = field_at(known.kind.model, problem.path) if problem.code == "wrong-type" else None
    return field is not None and (field.type_text == "text" or field.path_to is not None)


def _nearest_place(root: Node | None, path: Path) -> tuple[Place, bool]:
    """The target of a path, or of its longest existing part, and whether all of it exists."""
    for length in range(len(path), 0, -1):
        place = find(root, path[:length])
        if place is not None:
            return place, length == len(path)
    return Place(None, root), not path


def _problem_fixes(root: Node | None, problem: Problem, place: Place) -> Iterator[Fix]:
    entry, node = place.entry, place.node
    if entry is None:
        return
    if problem.on_key:
        parent = find(root, problem.path[:-1])
        siblings = resolve_alias(parent.node) if parent else None
        names = [
            name
            for name in problem.suggestions
            if not (isinstance(siblings, Mapping) and entry_of(siblings, name))
        ]
        for name in names:
            edit = Edit((entry.key.start, entry.key.end), name)
            first = name == problem.suggestions[0]
            safe = first and _is_slip(str(problem.path[-1]), name)
            yield Fix(f"Rename to `{name}`", (edit,), first, safe)
    elif node is None or isinstance(node, Scalar) or (isinstance(node, Sequence) and node.flow):
        others = [one for one in problem.choices if one not in problem.suggestions]
        for value in (*problem.suggestions, *others[:_MOST_CHOICES]):
            yield _value_fix(problem, entry, node, value)


def _is_slip(written: str, name: str) -> bool:
    """Whether a key is so similar to a name that nothing else can be meant.

    `steps` is similar to `eps`, but renaming it automatically would change what a recipe trains.
    """
    return SequenceMatcher(None, written.lower(), name).ratio() >= _SLIP


def _value_fix(problem: Problem, entry: Entry, node: Node | None, value: str) -> Fix:
    """The fix that writes another value; it is safe if the value is nearly the same."""
    first = value == next(iter(problem.suggestions), None)
    safe = first and problem.sure
    title = f"Change to `{value}`"
    if node is None or node.end == node.start:
        at = entry.colon + 1
        return Fix(title, (Edit((at, at), f" {value}"),), first, safe)
    quote = node.style if isinstance(node, Scalar) else ""
    if problem.code == "invalid-value" and quote in ("'", '"'):
        value = f"{quote}{value}{quote}"
    elif isinstance(node, Scalar) and quote and value == node.text:
        title = f"Remove the quotes: {value}"
    return Fix(title, (Edit((node.start, node.end), value),), first, safe)
