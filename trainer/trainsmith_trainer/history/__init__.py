"""Past runs: their records, their differences, and the notes about them."""
