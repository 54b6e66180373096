"""Large numbers for people: three digits and a unit. All of the Python code formats them here."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int) -> str:
    """A count, such as parameters: `10.8 M`. `B` stands for 10⁹."""
    return _scaled(number, ("", " k", " M", " B", " T"))


def size(count: int) -> str:
    """A size in bytes: `173 MB`. A megabyte is a million bytes."""
    return _scaled(count, (" B", " kB", " MB", " GB", " TB"))


def plural(number: int, noun: str) -> str:
    """`1 device`, `8 devices`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def loss_text(loss: float, digits: int = 4) -> str:
    """A loss: `2.3100`. That of a run that diverges may have hundreds of digits: `1e+308`."""
    return f"{loss:.{digits}f}" if abs(loss) < 1e6 else f"{loss:.{digits}g}"


def _scaled(number: int, units: Sequence[str]) -> str:
    value, unit = float(number), 0
    # 999,600 would round to 1,000 k.
    while value >= 999.5 and unit < len(units) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if value >= 100 or unit == 0 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}{units[unit]}"


def parameters_text(parameters: int, trained: int) -> str:
    """A number of parameters, and how many of them are trained if not all are."""
    text = f"{parameters:,} parameters"
    if trained == parameters:
        return text
    return f"{text}, {trained:,} of them trained ({100 * trained / parameters:.2g} %)"
