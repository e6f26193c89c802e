"""What keeps the exchange whole: the timer, and requeueing after the broker was lost."""
