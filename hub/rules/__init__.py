"""What may happen: pure rules, which read no clock, no store and no settings."""
