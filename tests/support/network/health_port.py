"""The health port of a hub, served for a test, and what it answers."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from hub.monitoring.endpoint import ANSWER_WITHIN, HealthPort
from hub.monitoring.exposition import CONTENT_TYPE, ProcessFigures, exposition
from hub.monitoring.readiness import Readiness, readiness
from hub.monitoring.sampling import HubSample
from hub.runtime.role import Role
from tests.support.works import now


@contextmanager
def health_port(
    roles: Sequence[Role] = (),
    *,
    sample: HubSample | None = None,
    token: str = "",
    store_trouble: str = "",
    answer_within: float = ANSWER_WITHIN,
) -> Iterator[str]:
    """Serve a health port; give its address."""

    def ready() -> Readiness:
        return readiness(roles, now=now(), store=lambda: store_trouble)

    shown = ProcessFigures(
        version="0.0.0",
        partners=("provincial", "town_center"),
        readiness=ready,
        sample=(lambda: sample) if sample else None,
        clock=now,
    )
    port = HealthPort(
        "127.0.0.1",
        0,
        readiness=ready,
        metrics=exposition(shown),
        metrics_type=CONTENT_TYPE,
        token=lambda: token,
        answer_within=answer_within,
    )
    port.start()
    try:
        yield f"http://127.0.0.1:{port.port}"
    finally:
        port.stop()


def fetch(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Return status and text of an answer."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def fetch_json(url: str) -> tuple[int, dict[str, Any]]:
    """Return status and document of an answer."""
    status, text = fetch(url)
    return status, json.loads(text)


def value(text: str, name: str, **labels: str) -> float:
    """Return the value of one series, as `/metrics` writes it."""
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if (sample.name, sample.labels) == (name, labels)
    ]
    (only,) = found
    return float(only)
