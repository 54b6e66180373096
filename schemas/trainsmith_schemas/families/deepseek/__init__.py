"""DeepSeek, as tt-train has it."""
