"""A tree bound to the fields of the schemas, and what is known about it."""
