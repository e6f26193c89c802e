"""Commands that run, set up or check something."""
