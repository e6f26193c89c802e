"""What the town tells by callback: the steps, and the result files that it offers."""
