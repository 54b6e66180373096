"""One run: what is prepared before the first step, the loop, and what happens around it."""
