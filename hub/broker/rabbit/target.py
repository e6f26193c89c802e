"""Where the broker is and how long everything may take: no value here may be "for ever".

Promises connection parameters with every time limit set. Knows nothing of queues.
"""

import os
import re
import socket
from dataclasses import dataclass, field
from datetime import timedelta

import pika

CONNECT_WITHIN = timedelta(seconds=5)
HEARTBEAT = timedelta(seconds=8)
"""An idle line that went silent is noticed after twice this and ten seconds more at the latest, and
that has to be within 30 s."""
BLOCKED_AT_MOST = timedelta(seconds=30)
SILENT_AT_MOST = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A broker, or the nodes of one cluster in the order in which they are to be tried."""

    urls: tuple[str, ...] = field(repr=False)
    """Hold passwords, so they are never printed."""
    connect_within: timedelta = CONNECT_WITHIN
    """From the first packet to an open channel."""
    heartbeat: timedelta = HEARTBEAT
    blocked_at_most: timedelta = BLOCKED_AT_MOST
    """How long the broker may hold back a publisher because of a resource alarm."""
    silent_at_most: timedelta = SILENT_AT_MOST
    """How long a consumer believes that a silent queue is an empty one before it asks."""

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read one AMQP URL, or several with commas between them."""
        urls = tuple(part.strip() for part in re.split(r",(?=\s*amqps?://)", text) if part.strip())
        if not urls:
            raise ValueError("the broker's address is empty")
        for url in urls:
            if not re.match(r"amqps?://", url):
                raise ValueError("the broker's address must begin with amqp:// or amqps://")
        return cls(urls=urls)

    def parameters(self, purpose: str, attempt: int = 0) -> pika.URLParameters:
        """Return pika's parameters; attempt after attempt, from 0, goes through the nodes."""
        parameters = pika.URLParameters(self.urls[attempt % len(self.urls)])
        parameters.heartbeat = max(1, int(self.heartbeat.total_seconds()))
        # None by default, which means: hang for ever when the broker raises an alarm.
        parameters.blocked_connection_timeout = self.blocked_at_most.total_seconds()
        parameters.socket_timeout = self.connect_within.total_seconds()
        parameters.stack_timeout = self.connect_within.total_seconds()
        # Trying again is our own business, with our own waits.
        parameters.connection_attempts = 1
        parameters.retry_delay = 0
        parameters.client_properties = {"connection_name": f"hub {purpose} {os.getpid()}"}
        parameters.tcp_options = _dead_peer_options(parameters.heartbeat)
        return parameters


def _dead_peer_options(seconds: int) -> dict[str, int]:
    """Have the kernel give up on a peer that has gone without a word within about `seconds`.

    pika notices a missing heartbeat only after twice the interval and ten seconds more.
    """
    third = max(1, seconds // 3)
    wanted = {
        "TCP_USER_TIMEOUT": seconds * 1000,
        "TCP_KEEPIDLE": third,
        "TCP_KEEPINTVL": max(1, third // 2),
        "TCP_KEEPCNT": 4,
    }
    return {name: value for name, value in wanted.items() if hasattr(socket, name)}
