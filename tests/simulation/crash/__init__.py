"""Processes of a story that die: from the strike on nothing of them has any effect."""
