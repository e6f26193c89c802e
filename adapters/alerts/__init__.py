"""Channels of alerts: mail, a signed webhook, and with the extra `apprise` many more."""
