"""The sections of a document and their keys; whole documents, recognised by their shape."""
