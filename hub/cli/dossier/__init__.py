"""`hub dossier`: everything about one dossier."""
