"""What a process is: its roles, clock, log, heartbeat and failpoints."""
