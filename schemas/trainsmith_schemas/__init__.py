"""The one model of everything that crosses a boundary in Trainsmith."""

__version__ = "0.1.0"
"""Of the distribution and of the extension."""
