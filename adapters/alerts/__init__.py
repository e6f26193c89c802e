"""Channels of alerts: mail, and a signed webhook."""
