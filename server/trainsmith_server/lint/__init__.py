"""From a text to its findings."""
