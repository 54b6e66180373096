"""The processes of a data-parallel run."""
