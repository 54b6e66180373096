"""The backends: one folder per tensor library, and their registry."""
