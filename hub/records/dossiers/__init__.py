"""What a message does to a dossier, and which messages come of it."""
