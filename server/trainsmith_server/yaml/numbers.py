"""Writes numbers as YAML 1.1 that is read back as the same number."""

from __future__ import annotations

import math


def number_text(value: float) -> str:
    """A number without a needless fraction: `8`, `0.0001`, `5.0e-5`."""
    whole = math.isfinite(value) and float(value).is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else float_text(float(value))


def float_text(value: float) -> str:
    """A floating-point number, such as `5.0e-5`; `5e-05` would be text in YAML 1.1."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else "-.inf" if value < 0 else ".inf"
    text = repr(value)
    if "e" not in text:
        return text
    digits, power = text.split("e")
    sign, power = power[0] if power[0] in "+-" else "+", power.lstrip("+-0")
    return f"{digits if '.' in digits else digits + '.0'}e{sign}{power}"
