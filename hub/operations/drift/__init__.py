"""Drift: how a partner's replies come to differ from its contract, counted and told once."""
