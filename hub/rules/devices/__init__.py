"""What is said of the devices at the counter: how each is, and what the operator's file names."""
