"""Clean the environment before any test module is imported."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from environment import clean_environment

clean_environment()
