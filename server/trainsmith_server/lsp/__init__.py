"""The language server: protocol, handlers, conversion between plain results and LSP."""
