"""Large and hostile texts are analysed in time and with little memory.

Every text is asked about in a process of its own, which has a time and a memory to keep to.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from patience import PATIENCE
from skips import NO_MEMORY_LIMIT
from trainsmith_server.lint.analyze import analyze
from trainsmith_server.lint.parts import split
from trainsmith_server.lint.report import MAX_DIAGNOSTICS
from trainsmith_server.lint.size import MAX_FILE, MAX_TEXT

TIME = 30
"""CPU time in seconds; about twenty times what the slowest text needs."""
MEMORY = 300
"""In MiB; an interpreter with the server needs about 60."""
HEAD = "training_config:\n  batch_size: 8\n  learning_rate: 0.001\n  max_steps: 10\n"

LARGE = 10_000_000
FULL = 95_000
"""The largest number of characters that is analysed."""

TOO_LARGE = {
    "a line": "HEAD + '  project_name: ' + 'a' * LARGE",
    "a quoted line": "HEAD + '  project_name: \"' + 'a' * LARGE + '\"'",
    "other line": "'a' * LARGE",
    "other brackets": "'[1,' * (LARGE // 3)",
    "other list": "'[' + '1,' * (LARGE // 2) + ']'",
    "brackets": "HEAD + '  x: ' + '[1,' * (LARGE // 3)",
    "keys": "HEAD + '  x: 1\\n' * (LARGE // 7)",
    "documents": "(HEAD + '---\\n') * (LARGE // 80)",
    "NULs": "HEAD + chr(0) * LARGE",
}
READ = {
    "brackets": "HEAD + '  x: ' + '[1,' * (FULL // 3)",
    "brackets on lines": "HEAD + '  x: [1,\\n' * (FULL // 9)",
    "a list": "HEAD + '  x: [' + '1, ' * (FULL // 3) + ']'",
    "braces": "HEAD + '  x: ' + '{a: ' * (FULL // 4)",
    "dashes": "HEAD + '- ' * (FULL // 2)",
    "levels": "HEAD + '  x:\\n' + ''.join(' ' * i + 'a:\\n' for i in range(3, 420))",
    "quotes": "HEAD + '\"a\\n' * (FULL // 3)",
    "escapes": "HEAD + '  x: \"' + r'\\n' * (FULL // 3) + '\"'",
    "invalid escapes": "HEAD + '  x: \"' + r'\\x4' * (FULL // 3) + '\"'",
    "spaces in a comment": "HEAD + '# trainsmith: x' + ' ' * FULL + 'y'",
    "a long word and another": "HEAD + 'a' * (FULL // 2 - 80) + ' b ' + 'a' * (FULL // 2) + ' '",
    "spaces on a line": "HEAD + '  x: 1' + ' ' * FULL + 'y'",
    "NULs": "HEAD + (chr(0) + 'a') * (FULL // 2)",
    "one key": "HEAD + '  x: 1\\n' * (FULL // 7)",
    "many keys": "HEAD + '  optimizer:\\n' + ''.join(f'    l{i}: 1\\n' for i in range(FULL // 14))",
    "blank lines": "HEAD + '\\n' * FULL",
    "comments": "HEAD + '# trainsmith: ignore[x]\\n' * (FULL // 24)",
    "ignored lines": "HEAD + '  x: 1  # trainsmith: ignore[unknown-key]\\n' * (FULL // 42)",
    "documents": "(HEAD + '---\\n') * (FULL // 80)",
    "aliases of lists": (
        "HEAD + '  data_path: &a0 [l, l, l, l, l, l, l, l, l, l]\\n  x:\\n'"
        " + ''.join(f'    k{i}: &a{i} [' + f'*a{i - 1}, ' * 10 + ']\\n' for i in range(1, 12))"
        " + '  model_config: *a4\\n  num_epochs: *a11\\n'"
    ),
    "aliases of mappings": (
        "HEAD + '  x:\\n    k: &a0 {b: 1}\\n' + ''.join(f'    k{i}: &a{i} {{'"
        " + ', '.join(f'k{j}: *a{i - 1}' for j in range(10)) + '}\\n' for i in range(1, 12))"
        " + '  optimizer: *a11\\n  data_path: *a4\\n'"
    ),
    "merges": (
        "HEAD + '  x:\\n    k: &a0 {b: 1}\\n' + ''.join(f'    k{i}: &a{i}\\n      <<: ['"
        " + f'*a{i - 1}, ' * 20 + ']\\n      m: 1\\n' for i in range(1, 30))"
        " + '  optimizer: *a29\\n'"
    ),
    "a long text, many times": (
        "HEAD + '  project_name: &a ' + 't' * 40_000 + '\\n  num_epochs: ['"
        " + '*a, ' * 10_000 + ']\\n'"
    ),
    "aliases in aliases": (
        "HEAD + '  x:\\n    k: &a0 {b: 1}\\n'"
        " + ''.join(f'    k{i}: &a{i} {{b: *a{i - 1}}}\\n' for i in range(1, 2500))"
        " + '  optimizer: *a440\\n  data_path: *a440\\n'"
    ),
    "merged lists": (
        "HEAD + '  x:\\n    l0: &l0 [{k: 1}]\\n' + ''.join(f'    l{i}: &l{i} ['"
        " + ', '.join(['{<<: *l%d}' % (i - 1)] * 3) + ']\\n' for i in range(1, 60))"
    ),
    "octal digits": "HEAD + '  seed: 0' + '7' * 6000 + '\\n'",
    "hexadecimal digits": "HEAD + '  seed: 0x' + 'f' * 240 + '\\n'",
    "base-60 digits": "HEAD + '  seed: 1' + ':59' * 3000 + '\\n'",
    "itself": "HEAD + '  x: &a [*a, *a]\\n  optimizer: &b {c: *b}\\n'",
}

_CHILD = """
import time
from pathlib import Path
from everything import ask_everything
HEAD, LARGE, FULL = {constants!r}
text = {text}
analysis = ask_everything(text, [0, len(text) // 2, len(text)])
status = Path("/proc/self/status").read_text(encoding="ascii")
# Not `ru_maxrss`: a child inherits that of the process that forked it.
peak = int(status.split("VmHWM:")[1].split()[0])
print(len(text), len(analysis.diagnostics), peak, time.process_time())
"""


def _ask(text: str) -> tuple[int, int]:
    """The length of a text and the number of its diagnostics, from another process."""
    if not Path("/proc/self/status").exists():
        pytest.skip(NO_MEMORY_LIMIT)
    child = subprocess.run(
        [sys.executable, "-c", _CHILD.format(constants=(HEAD, LARGE, FULL), text=text)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=PATIENCE,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    *counts, seconds = child.stdout.split()
    length, diagnostics, memory = map(int, counts)
    assert float(seconds) < TIME
    kibibytes = memory // 1024 if sys.platform == "darwin" else memory
    assert kibibytes < MEMORY * 1024
    return length, diagnostics


@pytest.mark.parametrize("name", TOO_LARGE)
def test_texts_that_are_too_large_have_one_diagnostic_if_recognised(name: str) -> None:
    _, diagnostics = _ask(TOO_LARGE[name])
    assert diagnostics == (0 if "other" in name else 1)


@pytest.mark.parametrize("name", READ)
def test_texts_are_read_in_time(name: str) -> None:
    length, diagnostics = _ask(READ[name])
    assert length <= MAX_TEXT
    assert 0 < diagnostics <= MAX_DIAGNOSTICS


MEGABYTE = 1_000_000
MOST_FOR_A_MEGABYTE = 200
"""In MiB."""
SHAPES = {
    "list": "fill('    - 1\\n')",
    "flow list": "'  x: [' + fill('1, ') + ']'",
    "open brackets": "'  x: ' + fill('[')",
    "open braces": "'  x: ' + fill('{a: ')",
    "dashes": "fill('- ')",
    "question marks": "fill('? ')",
    "aliases": "'  a: &a [1]\\n  x: [' + fill('*a, ') + ']'",
    "merge keys": "'  a: &a {b: 1}\\n' + fill('  x: {<<: *a}\\n')",
    "anchors": "'  x:\\n' + ''.join(f'    k{i}: &a{i} 1\\n' for i in range(MEGABYTE // 20))",
    "tags": "fill('  x: !!int 1\\n')",
    "keys": "'  x:\\n' + ''.join(f'    k{i}: 1\\n' for i in range(MEGABYTE // 14))",
    "levels": "'  x:\\n' + ''.join(' ' * i + 'a:\\n' for i in range(3, 1400))",
    "long scalar": "'  project_name: ' + fill('a')",
    "block scalar": "'  project_name: |\\n' + fill('    aaaa\\n')",
    "double quotes": "'  project_name: \"' + fill(r'\\n') + '\"'",
    "wide escapes": "'  project_name: \"' + fill(r'\\U0001F600') + '\"'",
    "single quotes": "'  project_name: ' + chr(39) + fill(chr(39) * 2) + chr(39)",
    "open quotes": "fill('\"a\\n')",
    "comments": "fill('# trainsmith: ignore[x]\\n')",
    "tabs": "fill('  a:\\t1\\n')",
    "line breaks": "fill('\\u2028')",
    "NULs": "fill(chr(0))",
    "wide characters": "fill('\\U0001F600')",
    "many documents": "fill('---\\n')",
    "many recipes": "fill('---\\n' + HEAD)",
}
"""What follows a recipe's first lines; `fill` repeats a text up to a megabyte."""

_CHILD_OF_A_MEGABYTE = """
import json
from pathlib import Path
from click.testing import CliRunner
from trainsmith_server.command_line.cli import check
from trainsmith_server.features.diagnostics import diagnostics
from trainsmith_server.workspace.open_documents import Session
from trainsmith_server.workspace.references import Files
HEAD, MEGABYTE, SHAPES, FOLDER = {constants!r}
fill = lambda unit: unit * (MEGABYTE // len(unit))
session, found = Session(), {{}}
for name, shape in SHAPES.items():
    text, path = HEAD + eval(shape), Path(FOLDER, "a.yaml")
    path.write_bytes(text.encode())
    checked = CliRunner().invoke(check, [str(path), "--format", "json"])
    session.open(path.as_uri(), 1, text)
    parts = session.parts(path.as_uri())
    shown = [one.code for part in parts for one in diagnostics(part, Files(session))]
    session.close(path.as_uri())
    found[name] = [[one["code"] for one in json.loads(checked.stdout)], shown]
status = Path("/proc/self/status").read_text(encoding="ascii")
print(json.dumps([int(status.split("VmHWM:")[1].split()[0]) // 1024, found]))
"""


def test_a_megabyte_of_any_shape_needs_little_memory_and_is_said_to_be_too_large(
    tmp_path: Path,
) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip(NO_MEMORY_LIMIT)
    constants = (HEAD, MEGABYTE, SHAPES, str(tmp_path))
    child = subprocess.run(
        [sys.executable, "-c", _CHILD_OF_A_MEGABYTE.format(constants=constants)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=PATIENCE,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    peak, found = json.loads(child.stdout)
    assert peak < MOST_FOR_A_MEGABYTE
    wrong = {name: codes for name, codes in found.items() if codes != [["too-large"]] * 2}
    assert wrong == {}


def test_the_diagnostic_of_large_texts() -> None:
    text = "# A comment\n" + HEAD + "  x: 1\n" * MAX_TEXT
    [diagnostic] = analyze(text).diagnostics
    assert (diagnostic.code, diagnostic.severity) == ("too-large", "warning")
    assert text[slice(*diagnostic.span)] == "training_config"
    assert f"{len(text):,} characters" in diagnostic.message
    assert "nothing in it is checked" in diagnostic.message
    large = text * (MAX_FILE // len(text) + 1)
    assert split(f"{large}\n---\n") == [f"{large}\n---\n"]


def test_the_diagnostic_can_be_ignored() -> None:
    text = HEAD + "  x: 1\n" * MAX_TEXT
    assert analyze("# trainsmith: ignore-file[too-large]\n" + text).diagnostics == ()
