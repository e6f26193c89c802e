"""The information display, kept fresh."""
