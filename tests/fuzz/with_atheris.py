"""Search for contents that break a reader, with feedback about the code that each one reaches.

`python tests/fuzz/with_atheris.py READER -max_total_time=60`; without a reader, it lists them. It
needs `pip install atheris` (Linux and macOS), which set-up does not install. The options are those
of libFuzzer, and so are the files that it writes into the current folder when it finds something:
move such a `crash-…` to `findings/READER=what-it-is`, and correct the reader.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = ("cli", "schemas", "server", "system", "trainer")
INSTRUMENTED = ["trainsmith_schemas", "trainsmith_server", "trainsmith_trainer", "yaml", "json"]


def main(arguments: list[str]) -> None:
    """Fuzz the reader that the first argument names until libFuzzer's options end it."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris")
    sys.path[:0] = [str(HERE), *(str(ROOT / package) for package in PACKAGES)]
    with atheris.instrument_imports(include=INSTRUMENTED):
        from readers import READERS, try_reader
    if not arguments or arguments[0] not in READERS:
        sys.exit(f"name a reader: {', '.join(READERS)}")
    reader, folder = READERS[arguments[0]], Path(tempfile.mkdtemp())
    corpus = Path(tempfile.mkdtemp())
    for number, seed in enumerate(reader.seeds):
        (corpus / str(number)).write_bytes(seed)
    options = [sys.argv[0], str(corpus), *arguments[1:]]

    def try_content(content: bytes) -> None:
        try_reader(reader, content, folder)

    atheris.Setup(options, try_content)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
