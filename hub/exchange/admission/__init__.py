"""What may go out now: circuits, maintenance windows, quotas, pauses, priority."""
