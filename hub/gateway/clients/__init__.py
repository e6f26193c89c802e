"""Who calls, and whether the caller may: identified, allowed, counted, audited."""
