"""The names, messages and settings that the editor and the server share."""
