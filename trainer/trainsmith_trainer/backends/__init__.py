"""Where the mathematics runs. One file is one tensor library."""
