"""A recipe's text becomes one config in which every value knows its origin."""
