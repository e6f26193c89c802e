"""What partners, reports and the daily comparison read of the dossiers; nothing here writes."""
