"""Gemma 3, its language model."""
