"""The protocol's types are the same when attrs completes them lazily."""

from __future__ import annotations

import subprocess
import sys

DESCRIBE = """
import attrs
from lsprotocol import converters, types as lsp
converter = converters.get_converter()
for name, kind in sorted(lsp.ALL_TYPES_MAP.items()):
    if isinstance(kind, type) and attrs.has(kind):
        print(name, [(one.name, one.type, one.default) for one in attrs.fields(kind)])
place = lsp.Position(1, 2)
print(place, place == lsp.Position(1, 2), place < lsp.Position(2, 0))
hover = converter.structure({"contents": {"kind": "markdown", "value": "x"}}, lsp.Hover)
print(converter.unstructure(hover), hover.contents.value)
try:
    lsp.Position(1, "2")
except ValueError as error:
    print(error)
"""


def say(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_types_are_the_same() -> None:
    lean = say("from trainsmith_server.lsp.startup import prepare; prepare()\n" + DESCRIBE)
    assert lean == say(DESCRIBE)
    assert lean.count("\n") > 500


def test_attrs_and_openssl_work_afterwards() -> None:
    left = say(
        "from trainsmith_server.lsp.startup import prepare; prepare()\n"
        "import attrs, ssl, hashlib\n"
        "@attrs.define\n"
        "class Point:\n"
        "    x: int\n"
        "print(Point(1), Point(1) == Point(1), hasattr(Point, '__slots__'))\n"
        "print(hashlib.sha256(b'').hexdigest()[:8])"
    )
    assert left == "Point(x=1) True True\ne3b0c442\n"


def test_schemas_are_not_imported_at_startup() -> None:
    loaded = say("import sys, trainsmith_server.lsp.main; print(*sys.modules)").split()
    assert "trainsmith_server.workspace.open_documents" in loaded
    assert "trainsmith_schemas.sections.documents" not in loaded
