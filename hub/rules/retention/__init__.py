"""What may leave the database and when, and how long the disk lasts."""
