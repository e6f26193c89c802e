"""What is read to see how the hub does: heartbeats, the disk, what is open, what needs a person."""
