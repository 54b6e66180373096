"""What the editor asks for: each a function of an analysis and an offset, with plain results."""
