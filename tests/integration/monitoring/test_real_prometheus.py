"""Debian's Prometheus reads a running hub, and its alert fires when a partner is paused."""

import json
import shutil
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.bootstrap.build import build
from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram
from hub.monitoring.sampling import Sampling
from hub.settings import Settings
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import Pause
from tests.support.documents.sources import ROOT
from tests.support.network.health_port import fetch
from tests.support.works import now

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]
WITHIN = 90.0


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """Run Prometheus with the rules of `ops/`, which fire at once; give its address."""
    program = shutil.which("prometheus")
    if program is None:
        raise MissingProgram("prometheus", "prometheus")
    rules = yaml.safe_load((ROOT / "ops/prometheus/alerts.yml").read_text(encoding="utf-8"))
    for rule in rules["groups"][0]["rules"]:
        rule["for"] = "0s"
    (folder / "alerts.yml").write_text(json.dumps(rules), encoding="utf-8")
    job = {"job_name": "hub", "static_configs": [{"targets": [target]}]}
    every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config = {"global": every, "rule_files": ["alerts.yml"], "scrape_configs": [job]}
    (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    address = f"127.0.0.1:{loopback.free_port()}"
    command = [
        *(program, f"--config.file={folder / 'prometheus.yml'}", f"--web.listen-address={address}"),
        *(f"--storage.tsdb.path={folder / 'data'}", "--log.level=error"),
    ]
    with subprocess.Popen(command) as process:
        try:
            yield f"http://{address}"
        finally:
            process.terminate()


def query(url: str, expression: str) -> list[dict[str, Any]]:
    """Return the series of an expression now; none while Prometheus starts."""
    words = urllib.parse.urlencode({"query": expression})
    try:
        status, text = fetch(f"{url}/api/v1/query?{words}")
    except OSError:
        return []
    found: list[dict[str, Any]] = json.loads(text)["data"]["result"] if status == 200 else []
    return found


def wait_for(reached: Callable[[], bool]) -> None:
    """Query again until something holds; fails after a minute and a half."""
    ends = time.monotonic() + WITHIN
    while not reached():
        assert time.monotonic() < ends, "Prometheus never showed it"
        time.sleep(0.2)  # another program: it gives no signal


def test_prometheus_reads_a_running_hub_and_an_alert_fires_for_a_pause(tmp_path: Path) -> None:
    """Values are those of the hub, no alert fires before, and one does when a partner is paused."""
    settings = Settings(
        data_dir=str(tmp_path / "hub"), http_port=0, health_port=loopback.free_port(), pin_cpu="off"
    )
    hub = build(settings, sources=[])
    hub.start()
    firing = 'ALERTS{alertstate="firing"}'
    try:
        with prometheus(tmp_path, f"127.0.0.1:{settings.health_port}") as url:
            wait_for(lambda: bool(query(url, "hub_balance_holds")))
            assert {it["metric"]["partner"] for it in query(url, "hub_balance_holds == 1")} == {
                "provincial",
                "town_center",
                "devices",
            }
            assert query(url, "count(hub_role_up == 0)") == []
            # Before its first scrape Prometheus had no figures, and said so.
            wait_for(lambda: not query(url, firing))
            with hub.store.write() as tx:
                pauses.post(tx, paused_for_an_hour())
            (sampling,) = (it for it in hub.roles if isinstance(it, Sampling))
            sampling.wakeup.wake()
            wait_for(lambda: bool(query(url, firing)))
            (alert,) = query(url, firing)
            assert alert["metric"]["alertname"] == "HubOperationPaused"
            assert alert["metric"]["operation"] == "province.dossier"
    finally:
        hub.stop()


def paused_for_an_hour() -> Pause:
    """Return a pause of the province's circuit."""
    at = now()
    return Pause(
        destination="provincial",
        operation="province.dossier",
        kind="circuit",
        phase="open",
        openings=1,
        since=at,
        until=at + timedelta(hours=1),
        expires_at=at + timedelta(hours=1),
        code="reply_timeout",
        reason_vi="x",
        reason_en="x",
    )
