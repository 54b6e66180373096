"""Conversations → texts, by the chat template of a model."""
