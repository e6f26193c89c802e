"""When a partner is called, how often at most, and how long a wait is: circuit, limits, backoff,
traits."""
