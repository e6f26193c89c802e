"""The page of one device, and the pictures of a camera."""
