"""Trainsmith's language server: live help for training recipes."""
