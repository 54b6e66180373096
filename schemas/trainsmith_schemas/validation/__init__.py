"""A mapping becomes a config, or problems with paths and repairs."""
