"""What the store keeps of the devices at the counter."""
