"""Commands about alerts: incidents, silences, channels."""
