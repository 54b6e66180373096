"""How long tests wait for something that must happen; results do not depend on speed."""

from __future__ import annotations

PATIENCE = 240.0
"""Seconds; less than pytest's own limit, so that a failure names what did not happen."""
