"""Model families: their keys, shapes and checks, and their form in `transformers`."""
