"""What agents on workstations call: enrolment, events, heartbeat, numbers."""
