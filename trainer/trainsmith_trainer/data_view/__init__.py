"""`trainsmith data`: what the trainer sees of a recipe's data."""
