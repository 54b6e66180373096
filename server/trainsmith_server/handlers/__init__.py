"""The handlers of the protocol."""
