"""Pages: each a layout and its callbacks."""
