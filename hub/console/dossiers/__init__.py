"""What the pages of a dossier show beside its tables: its way, its due date, its control slip."""
