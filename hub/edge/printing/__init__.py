"""Papers that the hub has printed at this workstation."""
