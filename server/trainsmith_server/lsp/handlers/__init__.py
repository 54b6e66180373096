"""One module for each method of the protocol; they don't import each other."""
