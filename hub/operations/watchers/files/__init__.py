"""What the timer looks for among files: expired uploads, contents found wanting, room on the
disk."""
