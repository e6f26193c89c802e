"""Alerts: what is told to persons without their looking, and whether it was sent."""
