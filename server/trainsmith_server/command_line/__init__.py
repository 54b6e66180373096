"""`trainsmith check`, `trainsmith convert` and `trainsmith lsp`."""
