"""Network scanners put together with the hot folder."""
