"""Parked messages: their list, the page of one, retrying, discarding."""
