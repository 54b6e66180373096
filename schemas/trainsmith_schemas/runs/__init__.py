"""What a run writes down, and what the command line answers about runs."""
