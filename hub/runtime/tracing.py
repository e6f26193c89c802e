"""Traces in OpenTelemetry's form: one trace follows a dossier, whichever process works on it.

Ids are derived, not handed on: the trace from the dossier's number and the store, a span from the
message or the call that it is about. So every process knows them, a message that is published again
after a crash belongs to the same trace, and no table has a column for it. Headers carry them, too
(`traceparent`, W3C): in AMQP, and in calls to partners, whose own spans then join the trace.

A span is written after what it tells of was committed. Attributes hold the hub's own words (types,
partners, outcomes, codes) and ids, no personal data and no dossier number. Off, which is the rule,
each function returns at once and nothing of OpenTelemetry is loaded. Not promised: a span of work
that a crash cut off, or that the collector did not take within a few seconds.
"""

import hashlib
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.messages.envelope import Message
from hub.ports.trace_context import HEADER, carrying

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE = "one-stop-hub"


class TracesUnavailable(Exception):
    """The packages of the extra `traces` are not installed."""


class _Tracing:
    """What is on while traces are made."""

    def __init__(self, provider: "TracerProvider", ids: "_NextIds", salt: str) -> None:
        self.provider = provider
        self.tracer = provider.get_tracer("hub")
        self.ids = ids
        self.salt = salt


class _NextIds:
    """Gives the SDK the ids that the next span of this thread is to have."""

    def __init__(self) -> None:
        self._local = threading.local()

    def set(self, trace: int, span: int) -> None:
        """Have the next span of this thread get these."""
        self._local.ids = trace, span

    def generate_trace_id(self) -> int:
        """Return the trace of the next span."""
        return int(self._local.ids[0])

    def generate_span_id(self) -> int:
        """Return the id of the next span."""
        return int(self._local.ids[1])

    def is_trace_id_random(self) -> bool:
        """Return that it is not: it is derived."""
        return False


_on: _Tracing | None = None


def start(url: str, *, salt: str, roles: str, exporter: "SpanExporter | None" = None) -> None:
    """Send spans to a collector by OTLP over HTTP, or to `exporter`, until `stop`.

    `salt`: the store's id; without it anybody could derive the trace of a dossier's number. Raises
    TracesUnavailable.
    """
    global _on
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    except ImportError as error:
        raise TracesUnavailable(str(error)) from None
    ids: Any = _NextIds()
    resource = Resource({"service.name": SERVICE, "hub.roles": roles})
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    if exporter is None:
        processor: Any = BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=5))
    else:
        processor = SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor)
    _on = _Tracing(provider, ids, salt)


def stop() -> None:
    """Send what is left, for a few seconds at most, and make no more traces."""
    global _on
    found, _on = _on, None
    if found is not None:
        found.provider.shutdown()


def is_on() -> bool:
    """Return whether traces are made."""
    return _on is not None


def accepted(messages: Iterable[Message], *, since: datetime, until: datetime) -> None:
    """Write a span for each message that was accepted; it is the root of what follows."""
    if _on is None:
        return
    for message in messages:
        _write(
            f"accept {message.type}",
            message,
            span=_id(message.id),
            parent=0,
            times=(since, until),
            attributes={"messaging.message.id": message.id, "hub.source": message.source},
        )


def handled(
    messages: Iterable[Message],
    headers: Mapping[str, Mapping[str, Any]],
    *,
    since: datetime,
    until: datetime,
) -> None:
    """Write a span for each message that was handled; `headers`: of AMQP, by the message's id."""
    if _on is None:
        return
    for message in messages:
        carried = _span_in(str(headers.get(message.id, {}).get(HEADER, "")))
        _write(
            f"handle {message.type}",
            message,
            span=_id("handled", message.id),
            parent=carried or _id(message.id),
            times=(since, until),
            attributes={"messaging.message.id": message.id},
        )


def called(
    message: Message, *, delivery: int, attempt: int, since: datetime, until: datetime,
    outcome: Mapping[str, str],
) -> None:  # fmt: skip
    """Write the span of a call to a partner that was written down."""
    if _on is None:
        return
    _write(
        f"{outcome['hub.kind']} {message.type}",
        message,
        span=_call_id(delivery, attempt),
        parent=_id("handled", message.causation_id),
        times=(since, until),
        attributes={**outcome, "hub.delivery": delivery, "hub.attempt": attempt},
    )


def amqp_headers(message: Message | None) -> dict[str, str | int]:
    """Return the headers of a message that is published; none where no trace is made."""
    if _on is None or message is None:
        return {}
    return {HEADER: _traceparent(message, _id(message.id))}


def calling(message: Message, *, delivery: int, attempt: int) -> AbstractContextManager[None]:
    """Have the calls of this thread carry the trace context of a delivery's attempt."""
    if _on is None:
        return nullcontext()
    return carrying(_traceparent(message, _call_id(delivery, attempt)))


def _write(
    name: str,
    message: Message,
    *,
    span: int,
    parent: int,
    times: tuple[datetime, datetime],
    attributes: Mapping[str, Any],
) -> None:
    found = _on
    if found is None:  # it was stopped meanwhile
        return
    from opentelemetry import trace

    trace_id = _trace_id(message, found.salt)
    found.ids.set(trace_id, span)
    context = trace.set_span_in_context(trace.INVALID_SPAN)
    if parent:
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
        remote = trace.SpanContext(trace_id, parent, is_remote=True, trace_flags=flags)
        context = trace.set_span_in_context(trace.NonRecordingSpan(remote))
    begin, end = times
    made = found.tracer.start_span(
        name, context=context, start_time=_nanoseconds(begin), attributes=dict(attributes)
    )
    made.end(_nanoseconds(max(begin, end)))


def _traceparent(message: Message, span: int) -> str:
    salt = _on.salt if _on else ""
    return f"00-{_trace_id(message, salt):032x}-{span:016x}-01"


def _trace_id(message: Message, salt: str) -> int:
    """Return the trace of a message's dossier; of the chain of its causes where it has none."""
    about = f"{salt} {message.key or message.correlation_id}"
    return int.from_bytes(hashlib.sha256(about.encode()).digest()[:16], "big") or 1


def _call_id(delivery: int, attempt: int) -> int:
    return _id("call", str(delivery), str(attempt))


def _id(*about: str) -> int:
    return int.from_bytes(hashlib.sha256(" ".join(about).encode()).digest()[:8], "big") or 1


def _span_in(traceparent: str) -> int:
    """Return the span that a header names, 0 where it names none."""
    parts = traceparent.split("-")
    try:
        return int(parts[2], 16) if len(parts) == 4 and len(parts[2]) == 16 else 0
    except ValueError:
        return 0


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000_000 + at.microsecond * 1000
