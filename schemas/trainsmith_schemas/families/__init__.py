"""Families of models: their shapes, and how Hugging Face describes them."""
