"""The steps of a rehearsal."""
