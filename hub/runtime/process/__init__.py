"""What a process of the hub is on its machine: CPU, memory, signals, heartbeat."""
