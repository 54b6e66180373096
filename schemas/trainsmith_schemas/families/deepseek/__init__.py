"""DeepSeek, for tt-train."""
