"""Webhooks in the store: the addresses, what waits for each, and the files of their secrets."""
