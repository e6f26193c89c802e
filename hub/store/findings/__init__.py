"""What many calls have in common, found in the evidence: one finding instead of many rows."""
