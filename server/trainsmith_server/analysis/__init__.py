"""From text to meaning: lines, tree, values, bindings, findings. No I/O happens here."""
