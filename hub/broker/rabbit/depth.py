"""Queries the broker for how many messages are ready in a queue."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hub.broker.rabbit.link import Link


def query_depth(
    link: Link,
    channel: Any,
    queue: str,
    *,
    changed: threading.Condition,
    within: timedelta,
    give_up: Callable[[], bool] = lambda: False,
) -> int | None:
    """Return the depth, or None without an answer in time.

    A queue that does not exist ends the channel, and with it the link.
    """
    deadline = time.monotonic() + within.total_seconds()
    answer: list[int] = []

    def on_answer(frame: Any) -> None:
        answer.append(frame.method.message_count)
        link.notify()

    def query() -> None:
        if channel.is_open:
            channel.queue_declare(queue, passive=True, callback=on_answer)

    link.submit(query)
    with changed:
        changed.wait_for(
            lambda: answer or link.lost or give_up(), max(0.0, deadline - time.monotonic())
        )
    return answer[0] if answer else None
