"""Runs that were: what their folders tell, how they differ, and the notes about them."""
