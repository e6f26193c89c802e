"""Whether the province has what was sent: its record, its steps, its times."""
