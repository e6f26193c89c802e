"""What one needs to try the hub without partners: the pilot, private brokers and databases."""
