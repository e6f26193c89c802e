"""What partners' replies and contracts showed that a person has to look at."""
