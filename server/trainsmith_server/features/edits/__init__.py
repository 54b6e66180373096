"""Changes of a whole document that people ask for: each takes an analysis and gives a text."""
