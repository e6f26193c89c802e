"""What the timer looks for at each sweep, and turns into tasks."""
