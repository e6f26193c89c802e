"""`hub archive`: archive what has ended, check it, bring it back, erase, hold."""
