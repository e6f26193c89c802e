"""The feed of changes in the store: its order, its pages, its epochs."""
