"""A tree whose entries are bound to schema fields, and its analysis."""
