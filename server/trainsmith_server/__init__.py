"""Trainsmith's language server for training recipes."""
