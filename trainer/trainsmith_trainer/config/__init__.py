"""From a recipe's text to one config with every value and its origin."""
