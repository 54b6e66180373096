"""One module for each method of the protocol; none imports another."""
