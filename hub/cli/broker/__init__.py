"""`hub broker node` and `hub topology`: what the hub has at RabbitMQ."""
