"""The schemas of everything that crosses a boundary in Trainsmith."""

__version__ = "0.1.0"
"""The version of the distribution and of the extension."""
