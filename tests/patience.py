"""How long tests wait for what has to come; no result depends on how quickly it comes."""

from __future__ import annotations

PATIENCE = 240.0
"""Seconds; below pytest's own limit, so that a failure names what did not come."""
