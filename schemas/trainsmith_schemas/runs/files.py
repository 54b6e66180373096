"""The names of the files in a run's folder that other parts than the trainer know."""

EVENTS = "events.jsonl"
"""What a run says, one event a line."""
