"""Validation turns a mapping into a config, or into problems with paths and suggestions."""
