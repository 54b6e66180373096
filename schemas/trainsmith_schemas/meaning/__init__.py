"""What follows from a recipe: derived values, differences, contradictions, advice."""
