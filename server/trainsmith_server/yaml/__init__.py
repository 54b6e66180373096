"""From text to a tree: a tolerant YAML parser that never raises."""
