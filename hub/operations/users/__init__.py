"""What is decided about persons' accounts, and how a person signs in."""
