"""The handlers of the protocol, one module for each concern; each registers its own."""
