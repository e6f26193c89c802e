"""The partners of an installation: made by its settings, with the roles that call them and a
rehearsal."""
