"""What follows from a recipe: derived values, contradictions, differences, advice."""
