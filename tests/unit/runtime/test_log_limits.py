"""What callers make the hub log has a limit; what is left out is counted."""

import io
import json
import logging
import sys
import threading
from typing import Any

import pytest
import structlog

from hub.runtime import telemetry
from hub.runtime.log_limits import LINES_A_MINUTE, LogLimit
from hub.runtime.telemetry import Event


class Lines:
    """A limit with a clock of the test's own, and what passes it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.limit = LogLimit("refused", clock=lambda: self.now)

    def told(self, **fields: Any) -> Any:
        """Return the count of a line, None where it was left out."""
        try:
            return self.limit(None, "warning", {"event": "refused", **fields}).get("count", 1)
        except structlog.DropEvent:
            return None


def test_lines_of_a_code_beyond_the_limit_are_counted_in_the_next_minute() -> None:
    """Another code, and another event, have their own lines."""
    lines = Lines()
    assert [lines.told(code="a") for _ in range(LINES_A_MINUTE)] == [1] * LINES_A_MINUTE
    assert [lines.told(code="a") for _ in range(1000)] == [None] * 1000
    assert lines.told(code="b") == 1
    assert lines.limit(None, "warning", {"event": "other", "code": "a"})
    lines.now = 60.0
    assert [lines.told(code="a"), lines.told(code="a")] == [1001, 1]


def test_codes_without_end_share_a_limit() -> None:
    """Memory and lines have a bound, whatever becomes a code one day."""
    lines = Lines()
    passed = [lines.told(code=str(n)) for n in range(10_000)]
    assert len([it for it in passed if it]) < 1000


def test_a_clock_that_stands_lets_nothing_more_pass() -> None:
    """And many threads at once share the limit."""
    lines, passed = Lines(), list[Any]()

    def tell() -> None:
        passed.extend(filter(None, [lines.told(code="a") for _ in range(200)]))

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == LINES_A_MINUTE


def test_what_the_server_writes_for_each_request_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hub's own event says it, with its limit; other words of the server are kept."""
    before = structlog.get_config()
    for owner, name in ((sys, "excepthook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    stream = io.StringIO()
    try:
        telemetry.setup(stream=stream)
        server = logging.getLogger("uvicorn.error")
        for _ in range(100):
            server.warning("Invalid HTTP request received.")
            server.warning("Unsupported upgrade request.")
            structlog.get_logger().warning(Event.REQUEST_REFUSED, code="request_malformed")
        server.error("Exception in ASGI application")
    finally:
        structlog.configure(**before)
    written = stream.getvalue().splitlines()
    assert len(written) == LINES_A_MINUTE + 1
    assert "Exception in ASGI application" in written[-1]
    assert json.loads(written[0])["code"] == "request_malformed"
