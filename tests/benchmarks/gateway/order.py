"""What the course and the hub's program agree on."""

KEY_FILE = "key"
"""Where the hub's program leaves its client's key, in the folder of the trial."""
FILE_BYTES = 1024 * 1024 * 1024
FILE_LIMIT_MB = 1100
