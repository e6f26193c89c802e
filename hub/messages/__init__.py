"""What is said: the envelope, the catalogue of message types, their payloads. Pure."""
