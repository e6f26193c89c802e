"""What the flow finds and a person has to know, as tasks."""
