"""The language server: protocol, handlers, conversion of plain data to LSP types."""
