"""Open documents, the files that they name, runs, and the project's configuration."""
