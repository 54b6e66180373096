"""Trainsmith's command line."""
