"""`trainsmith devices`: what this machine can train on."""
