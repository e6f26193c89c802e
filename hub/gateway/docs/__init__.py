"""What a partner's developer reads: the guide, and the contracts as pages, at `/docs`."""
