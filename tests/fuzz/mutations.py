"""Contents that resemble a valid one, for property tests."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

import yaml
from hypothesis import strategies as st

PIECES = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"null",
    b"true",
    b"NaN",
    b"1e999",
    b"-1",
    b"0o7" + b"7" * 400,
    b"9" * 5000,
    b"1:" * 400 + b"1",
    b"2024-13-45",
    b"2024-01-01",
    b'"\\ud800"',
    b'""',
    b"!!int ''",
    b"!!python/object:os.system x",
    b"&a [*a]",
    b"*missing",
    b"<<: ",
    b"? [a]\n: b\n",
    b"--- \n",
    b"\t",
    b"\r",
    b"\n",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"[" * 1200,
    b"{" * 200,
    b'{"a":' * 200,
    b"- " * 200,
    b"'",
    b'"',
    b"#",
    b": ",
    b"/dev/zero",
    b"../../x",
    b"x" * 300,
    b"%YAML 9.9\n",
]
"""What has been trouble for one reader or another."""

SCALARS: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**32, 2**53, 2**63, 2**64, 10**400),
    *(
        0.5,
        -0.0,
        1e308,
        float("inf"),
        float("nan"),
        "",
        "a",
        "\0",
        "\ud800",
        "1",
        "../x",
        "a" * 300,
    ),
    *([], {}, [[]], [None], {"": None}),
]


@st.composite
def contents(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A valid content with some changes, or any bytes at all."""
    how = draw(st.sampled_from(["bytes", "pieces", "values", "anything"]))
    if how == "anything":
        return draw(st.binary(max_size=200))
    content = draw(st.sampled_from(list(seeds)))
    if how == "values":
        return _with_other_values(draw, content)
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(content)))
        end = draw(st.integers(begin, min(len(content), begin + 40)))
        new = draw(st.binary(max_size=4) if how == "bytes" else st.sampled_from(PIECES))
        content = content[:begin] + new + content[end:]
    return content


def _with_other_values(draw: st.DrawFn, content: bytes) -> bytes:
    """A JSON or YAML file, or lines of JSON, in which some values are others."""
    lines = content.splitlines() if content.startswith(b'{"event"') else [content]
    at = draw(st.integers(0, len(lines) - 1))
    try:
        value = _parsed(lines[at])
    except (ValueError, yaml.YAMLError):
        return content + draw(st.sampled_from(PIECES))
    for _ in range(draw(st.integers(1, 3))):
        value = _changed(draw, value)
    lines[at] = json.dumps(value).encode()
    return b"\n".join(lines) + b"\n"


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return yaml.safe_load(text)


def _changed(draw: st.DrawFn, value: Any) -> Any:
    keys: list[Any] = list(value) if isinstance(value, dict) else []
    if isinstance(value, list):
        keys = list(range(len(value)))
    if not keys or draw(st.integers(0, 5)) == 0:
        return copy.deepcopy(draw(st.sampled_from(SCALARS)))
    key = draw(st.sampled_from(keys))
    what = draw(st.sampled_from(["inside", "inside", "remove", "repeat"]))
    if what == "inside":
        value[key] = _changed(draw, value[key])
    elif what == "remove":
        del value[key]
    elif isinstance(value, list):
        value.append(value[key])
    else:
        value[f"{key}2"] = value[key]
    return value
