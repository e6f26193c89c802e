"""Signing in to the console: password, then one-time code; the own account and its sessions."""
