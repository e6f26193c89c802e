"""Stories in several processes at once."""
