"""The sections of documents, their keys, and the kinds of document, recognised by their keys."""
