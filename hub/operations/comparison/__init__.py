"""The daily comparison of ward, hub and partner, and that of their procedures."""
