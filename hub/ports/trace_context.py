"""The W3C trace context of the call that a thread is making, for the header of a partner's call.

Empty unless traces are switched on (`hub/runtime/tracing.py`), so reading it costs nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "traceparent"
_current: ContextVar[str] = ContextVar("traceparent", default="")


@contextmanager
def carrying(traceparent: str) -> Iterator[None]:
    """Have the calls of this thread carry a trace context for the length of the block."""
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


def trace_headers() -> Mapping[str, str]:
    """Return the header fields of a call made now; none where no trace is made."""
    found = _current.get()
    return {HEADER: found} if found else {}
