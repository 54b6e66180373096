"""From a text to its diagnostics."""
