"""Sends webhooks: one bounded HTTPS call to an address that a partner named."""
