"""The contenders' programs, each with its own framework, and what the peers do with a message."""
