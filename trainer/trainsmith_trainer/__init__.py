"""The trainer: a recipe in, a run's folder out."""
