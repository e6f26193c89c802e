"""What holds between the hub and the agents on workstations: sequences, room, numbers, codes."""
