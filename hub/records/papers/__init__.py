"""The papers of a dossier as PDF, for a printer of the counter."""
