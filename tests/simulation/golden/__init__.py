"""Stories whose every event is known: they differ when a change gives seeds another meaning."""
