"""The doctor's look at what the hub remembers with: disk, database, files."""
