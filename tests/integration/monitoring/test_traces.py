"""Traces: one follows a dossier from its reception to the settled delivery; off, none is made."""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.broker.memory import MemoryBroker
from hub.drill.sandbox import loopback
from hub.messages import catalog, queues
from hub.messages.envelope import decode
from hub.runtime import tracing
from hub.settings import Settings
from tests.support.database.stores import lay_store
from tests.support.partners.province import PASSWORD, USERNAME
from tests.support.partners.rewriting import Rewriting
from tests.support.ward import BIRTH, MONDAY, open_ward, reception

EXAMPLES = Path(__file__).parents[3] / "schemas/examples"
FORBIDDEN = ("Nguyễn", "000000000001", "180724", "180806")
"""Parts of names and numbers that no attribute may have."""


class Spans(InMemorySpanExporter):
    """Keeps the spans, and lets a test wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self._more = threading.Condition()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep spans and notify who waits."""
        with self._more:
            result = super().export(spans)
            self._more.notify_all()
        return result

    def wait(self, name: str) -> ReadableSpan:
        """Return the first span of a name; fails when none comes."""

        def found() -> ReadableSpan | None:
            return next((it for it in self.get_finished_spans() if it.name == name), None)

        with self._more:
            assert self._more.wait_for(lambda: found() is not None, timeout=60), self.names()
        span = found()
        assert span is not None
        return span

    def names(self) -> list[str]:
        """Return the names of all spans."""
        return [it.name for it in self.get_finished_spans()]


@pytest.fixture
def spans() -> Iterator[Spans]:
    """Traces are on for the length of a test."""
    made = Spans()
    tracing.start("", salt="a store", roles="all", exporter=made)
    yield made
    tracing.stop()


@contextmanager
def hub_of(directory: Path, url: str, mode: str) -> Iterator[Hub]:
    """Run a hub that delivers to a province."""
    settings = Settings(
        data_dir=str(directory),
        http_port=loopback.free_port(),
        province_url=url,
        province_username=USERNAME,
        province_password=PASSWORD,
        province_mode="soap" if mode == "soap" else "rest",
        contract_every=0.0,
        pin_cpu="off",
    )
    lay_store(directory)
    hub = build(settings, sources=[])
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()


def parent_of(span: ReadableSpan) -> int:
    """Return the span's parent, 0 for a root."""
    return span.parent.span_id if span.parent else 0


def id_of(span: ReadableSpan) -> int:
    """Return the span's own id."""
    context = span.get_span_context()
    assert context is not None
    return context.span_id


def test_one_trace_follows_a_dossier_to_the_settled_delivery(
    spans: Spans, tmp_path: Path, gateway: Rewriting, mode: str, number: str
) -> None:
    """Accepted, handled, sent, each the child of the one before; the partner's call carries it."""
    with hub_of(tmp_path, gateway.url, mode) as hub:
        received = reception(BIRTH, number)
        hub.intake.accept(catalog.compose(received, time=MONDAY, source="test"))
        sent = spans.wait("send province.dossier")
    accepted = spans.wait("accept dossier.received")
    handled = spans.wait("handle dossier.received")
    assert (parent_of(accepted), parent_of(handled)) == (0, id_of(accepted))
    assert parent_of(sent) == id_of(handled)
    traces = {it.context.trace_id for it in (accepted, handled, sent) if it.context}
    assert len(traces) == 1
    assert sent.attributes is not None
    assert sent.attributes["hub.outcome"] == "delivered"
    header = f"00-{traces.pop():032x}-{id_of(sent):016x}-01"
    carrying = [call for call in gateway.calls if call.headers.get("traceparent") == header]
    assert carrying
    shown = " ".join(str(it.attributes) for it in spans.get_finished_spans())
    assert not any(part in shown for part in FORBIDDEN)


def test_a_callback_about_a_dossier_joins_its_trace(spans: Spans, tmp_path: Path) -> None:
    """The town knows the number and no trace; that is enough."""
    callback = decode((EXAMPLES / "town.step_reported.v1.json").read_bytes())
    received = reception(number=callback.key)
    with open_ward(tmp_path) as ward:
        ward.intake.accept(catalog.compose(received, time=MONDAY, source="test"))
        ward.intake.accept(replace(callback, attachments=()))
    first = spans.wait("accept dossier.received")
    then = spans.wait("accept town.step_reported")
    assert first.context
    assert then.context
    assert first.context.trace_id == then.context.trace_id
    assert id_of(first) != id_of(then)


def header_in(broker: MemoryBroker) -> dict[str, object]:
    """Return the headers of the message that waits for the records."""
    consumer = broker.consumer(queues.INGEST, prefetch=1)
    (incoming,) = consumer.receive(1, wait=timedelta(seconds=5))
    consumer.close()
    return incoming.headers


@pytest.mark.parametrize("on", [True, False])
def test_amqp_carries_a_w3c_header_only_while_traces_are_made(tmp_path: Path, on: bool) -> None:
    """It is one header more: the body is the same, and a release without traces reads it."""
    made = Spans()
    if on:
        tracing.start("", salt="a store", roles="all", exporter=made)
    try:
        with open_ward(tmp_path) as ward:
            ward.intake.accept(catalog.compose(reception(), time=MONDAY, source="test"))
            publisher = ward.broker.publisher()
            ward.relay.publish_some(publisher)
            headers = header_in(ward.broker)
    finally:
        tracing.stop()
    if not on:
        assert headers == {}
        return
    version, trace, span, flags = str(headers["traceparent"]).split("-")
    accepted = made.wait("accept dossier.received")
    assert accepted.context
    assert (version, flags, int(trace, 16)) == ("00", "01", accepted.context.trace_id)
    assert int(span, 16) == id_of(accepted)


def test_off_nothing_of_opentelemetry_is_loaded() -> None:
    """Neither by a hub nor by a command."""
    asked = (
        "import sys; import hub.bootstrap.build, hub.cli.installation.run;"
        "print(sorted(it for it in sys.modules if it.startswith('opentelemetry.sdk')))"
    )
    found = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_a_store_of_another_salt_has_other_traces(tmp_path: Path) -> None:
    """So nobody derives a trace from a dossier's number alone."""
    traces = set()
    for salt in ("one", "another"):
        made = Spans()
        tracing.start("", salt=salt, roles="all", exporter=made)
        with open_ward(tmp_path / salt) as ward:
            ward.accept(reception())
        tracing.stop()
        found = made.wait("accept dossier.received").context
        assert found
        traces.add(found.trace_id)
    assert len(traces) == 2
