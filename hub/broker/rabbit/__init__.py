"""RabbitMQ 3.10 to 4.x through pika's public API; the contract is `hub.ports.Broker`."""

from hub.broker.rabbit.broker import RabbitBroker

__all__ = ["RabbitBroker"]
