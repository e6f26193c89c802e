"""The pages of devices: all of them, one of them, and the pictures of a camera."""
