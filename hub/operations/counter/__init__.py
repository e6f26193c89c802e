"""What is done with the queue at the counter."""
