"""Where the mathematics runs: a folder for each tensor library, and the registry of them."""
