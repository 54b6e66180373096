"""Edits of whole documents that users run: convert, sort, add a section."""
