"""The parser on broken text: it never raises, it is fast, and one mistake is one fault."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import corpus, read

from trainsmith_server.yaml.parse import parse
from trainsmith_server.yaml.tree import MAX_DEPTH, Mapping, Scalar, Sequence, Tree, walk
from trainsmith_server.yaml.values import construct, to_python

RECIPE = """\
training_config:
  batch_size: 8
  learning_rate: 0.0001  # usual
  optimizer:
    type: AdamW
    lr: 0.0003
device_config:
  mesh_shape: [1, 2]
  name: "a"
"""

ONE_MISTAKE = {
    "half-typed key": ("  batch_size: 8\n", "  batch_size: 8\n  lear\n"),
    "half-typed first key": ("  batch_size: 8\n", "  lear\n  batch_size: 8\n"),
    "section without colon": ("device_config:", "device_config"),
    "nested section without colon": ("  optimizer:", "  optimizer"),
    "no space after the colon": ("batch_size: 8", "batch_size:8"),
    "unclosed bracket": ("[1, 2]", "[1, 2"),
    "half-typed bracket": ("[1, 2]", "["),
    "wrong closing bracket": ("[1, 2]", "[1, 2}"),
    "missing comma": ("[1, 2]", '["1" 2]'),
    "unclosed double quote": ('"a"', '"a'),
    "unclosed single quote in the middle": ("type: AdamW", "type: 'AdamW"),
    "two colons": ("batch_size: 8", "batch_size: 8: 9"),
    "tab indentation": ("  batch_size", "\tbatch_size"),
    "tab before a half-typed key": ("  batch_size: 8\n", "  batch_size: 8\n\tlear\n"),
    "tab after the colon": ("batch_size: 8", "batch_size:\t8"),
    "too deep": ("  batch_size", "    batch_size"),
    "not deep enough": ("    lr:", "   lr:"),
    "deeper than its neighbours": ("  batch_size: 8\n", "  batch_size: 8\n      seed: 1\n"),
    "item among keys": ("  batch_size: 8\n", "  batch_size: 8\n  - 1\n"),
    "text after a quote": ('"a"', '"a" b'),
    "unknown alias": ("batch_size: 8", "batch_size: *eight"),
    "text that starts with a percent sign": ("batch_size: 8", "batch_size: %8"),
    "control character": ("batch_size: 8", "batch_size: \x00"),
    "bad escape": ('"a"', '"\\q"'),
    "bad block scalar header": ('"a"', "|x"),
    "merge conflict": (
        "  batch_size: 8\n",
        "<<<<<<< ours\n  batch_size: 8\n=======\n  batch_size: 16\n>>>>>>> theirs\n",
    ),
}


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_one_mistake_is_one_fault_and_keeps_the_rest(name: str) -> None:
    before, after = ONE_MISTAKE[name]
    assert before in RECIPE
    tree = parse(RECIPE.replace(before, after, 1))
    assert [fault.message for fault in tree.faults][1:] == []
    assert len(tree.faults) == 1
    mistaken = {"batch_size", "lr", "mesh_shape", "name", "type"}
    keys = {key.text for key in _keys(tree)}
    assert keys >= {"training_config", "learning_rate", "optimizer", "device_config"}
    assert len(mistaken - keys) <= 1


FIXABLE = (
    "half-typed key",
    "no space after the colon",
    "unclosed bracket",
    "unclosed double quote",
    "tab indentation",
    "tab after the colon",
    "bad escape",
)


@pytest.mark.parametrize("name", FIXABLE)
def test_a_fault_has_an_edit_that_fixes_it(name: str) -> None:
    before, after = ONE_MISTAKE[name]
    text = RECIPE.replace(before, after, 1)
    fix = parse(text).faults[0].fix
    assert fix
    fixed = text[: fix.span[0]] + fix.new_text + text[fix.span[1] :]
    assert parse(fixed).faults == []


def _keys(tree: Tree) -> list[Scalar]:
    return [
        entry.key
        for document in tree.documents
        for node in walk(document.root)
        if isinstance(node, Mapping)
        for entry in node.entries
        if isinstance(entry.key, Scalar)
    ]


def _check_spans(tree: Tree) -> None:
    """Every span is inside the text and covers the text of its node."""
    size = len(tree.text)
    for fault in tree.faults:
        assert 0 <= fault.span[0] <= fault.span[1] <= size
    for document in tree.documents:
        for node in walk(document.root):
            assert 0 <= node.start <= node.end <= size
            if isinstance(node, Mapping):
                for entry in node.entries:
                    assert entry.colon == -1 or tree.text[entry.colon] == ":"
            if isinstance(node, Scalar) and not node.style and "\n" not in node.text:
                written = tree.text[node.start : node.end]
                assert written.split() == node.text.split() or not node.text


def test_every_prefix_of_the_corpus() -> None:
    for file in corpus():
        text = read(file)[:1500]
        for end in range(len(text) % 17, len(text), 17):
            tree = parse(text[:end])
            _check_spans(tree)
            to_python(tree)


def test_every_deletion_of_a_line_of_the_corpus() -> None:
    for file in corpus():
        lines = read(file).splitlines(keepends=True)[:50]
        for gone in range(len(lines)):
            tree = parse("".join(lines[:gone] + lines[gone + 1 :]))
            _check_spans(tree)
            to_python(tree)


@given(st.text(":-?#\"'[]{},&*!|>%@ \t\n\r~=.01ab\u2028\x85\x00\ufeff", max_size=60))
@settings(max_examples=1500, deadline=None)
def test_any_text_is_parsed(text: str) -> None:
    tree = parse(text)
    _check_spans(tree)
    for document in tree.documents:
        construct(document.root)


HUGE = {
    "deep sequences": "- " * 50_000,
    "deep mappings": "".join(f"{' ' * level}a:\n" for level in range(2_000)),
    "deep brackets": "[" * 100_000,
    "deep braces": "{a: " * 50_000,
    "many unclosed brackets": "a: [1,\n" * 20_000,
    "many unclosed quotes": 'a: "x\n' * 20_000,
    "one unclosed bracket far up": "k:\n  a: [1,\n" + "  b: 1\n" * 20_000,
    "a huge line": "a: " + "x" * 2_000_000,
    "a huge line of spaces": "a: b" + " " * 500_000 + ": c",
    "a huge quoted line": 'a: "' + "\\n" * 500_000 + '"',
    "a huge key": "k" * 500_000 + ": 1\n" + "k: 1\n",
    "many lines of text": "a:\n" + "  word\n" * 50_000,
    "many blank lines": "a: b\n" + "\n" * 200_000,
    "many anchors": "".join(f"a{i}: &x{i} 1\n" for i in range(20_000)),
    "many tabs": "\ta: 1\n" * 20_000,
    "many conflict markers": "<<<<<<< a\n=======\n>>>>>>> b\n" * 10_000,
    "many documents": "---\na: 1\n" * 20_000,
    "mixed brackets": "[{" * 30_000 + "}]" * 30_000,
    "a staircase of garbage": "".join(f"{' ' * (i % 97)}x{i}\n" for i in range(20_000)),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_texts_neither_crash_nor_hang(name: str) -> None:
    # The limit is far above the time that each needs; quadratic time would exceed it by far.
    start = time.process_time()
    tree = parse(HUGE[name])
    to_python(tree)
    assert time.process_time() - start < 10


def test_depth_is_bounded_and_reported() -> None:
    tree = parse("[" * 500 + "]" * 500)
    assert [fault.message for fault in tree.faults] == [
        f"this is nested deeper than {MAX_DEPTH} levels"
    ]
    depth = 0
    node = tree.documents[0].root
    while isinstance(node, Sequence) and node.items:
        node = node.items[0].value
        depth += 1
    assert 90 <= depth <= MAX_DEPTH
    assert parse("[" * 99 + "]" * 99).faults == []


def test_alias_bombs_are_bounded_and_reported() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    built = construct(parse("\n".join(lines)).documents[0].root)
    assert any("aliases expand to more than" in fault.message for fault in built.faults)


def test_an_alias_inside_its_own_value_is_reported() -> None:
    built = construct(parse("a: &a [1, *a]\n").documents[0].root)
    assert [fault.message for fault in built.faults] == ["`*a` is inside the value that it repeats"]
    assert built.value == {"a": [1, None]}
