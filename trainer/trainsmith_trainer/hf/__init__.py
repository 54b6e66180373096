"""Model folders in the layout of Hugging Face `transformers`: loading and export."""
