"""What the agent keeps until the hub has answered: events, their files, reserved numbers."""
