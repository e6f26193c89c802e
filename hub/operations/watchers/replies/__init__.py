"""What partners answered that a person has to look at: codes, replies, effects and logins."""
