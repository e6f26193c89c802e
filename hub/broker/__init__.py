"""What carries: the topology as data, RabbitMQ through pika, the in-process broker."""
