"""What a person decides about the agents on workstations, and what the agents report."""
