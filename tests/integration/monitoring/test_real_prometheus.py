"""Debian's Prometheus reads a running hub: alerts fire, and the dashboard's panels have data."""

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

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.bootstrap.build import build
from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram
from hub.messages import catalog
from hub.monitoring.sampling import Sampling
from hub.rules.devices.health import DeviceFinding
from hub.settings import Settings
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import Pause
from hub.store.devices import states
from tests.support.documents.sources import ROOT
from tests.support.network.health_port import fetch
from tests.support.partners.province import PASSWORD, USERNAME
from tests.support.ward import BIRTH, MONDAY, reception
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


EMPTY = {"Hàng đợi", "Chứng thư còn"}
"""Panels without data here: this hub has the broker of its own process, and no certificate."""


def answer(url: str, expression: str) -> list[dict[str, Any]]:
    """Return the series of an expression; fails with Prometheus' words where it cannot run it."""
    words = urllib.parse.urlencode({"query": expression.replace("$__rate_interval", "30s")})
    status, text = fetch(f"{url}/api/v1/query?{words}")
    document = json.loads(text)
    assert (status, document["status"]) == (200, "success"), (expression, text)
    found: list[dict[str, Any]] = document["data"]["result"]
    return found


def test_every_panel_and_every_rule_runs_in_prometheus_over_a_hub_with_traffic(
    tmp_path: Path, province: SimulatorProcess, number: str
) -> None:
    """No expression is refused, and each panel has the data that such a hub gives it."""
    dashboard = json.loads((ROOT / "ops/grafana/dashboards/hub.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load((ROOT / "ops/prometheus/alerts.yml").read_text(encoding="utf-8"))
    settings = delivering(tmp_path, province)
    hub = build(settings, sources=[])
    hub.start()
    try:
        with prometheus(tmp_path, f"127.0.0.1:{settings.health_port}") as url:
            wait_for(lambda: bool(query(url, "hub_attempts_total or hub_balance_holds")))
            with hub.store.write() as tx:
                pauses.post(tx, paused_for_an_hour("province.progress"))
                found = [DeviceFinding("printer_toner_low")]
                states.keep(tx, "quay-1", kind="printer", place="", findings=found, now=now())
            first = reception(BIRTH, number)
            hub.intake.accept(catalog.compose(first, time=MONDAY, source="test"))
            wait_for(lambda: bool(query(url, "hub_critical_time_seconds_count > 0")))
            # One more stays open: the panel of the oldest has nothing else to show.
            province.set_faults([Fault(kind=FaultKind.BUSY, seconds=600.0)])
            other = reception(BIRTH, number[:-1] + ("2" if number[-1] == "1" else "1"))
            hub.intake.accept(catalog.compose(other, time=MONDAY, source="test"))
            fetch(f"http://127.0.0.1:{settings.http_port}/")
            (sampling,) = (it for it in hub.roles if isinstance(it, Sampling))

            def sampled() -> bool:
                sampling.wakeup.wake()
                return not empty(url, dashboard) - EMPTY

            try:
                wait_for(sampled)
            except AssertionError:
                assert empty(url, dashboard) == EMPTY
            for rule in rules["groups"][0]["rules"]:
                answer(url, rule["expr"])
    finally:
        hub.stop()


def delivering(folder: Path, province: SimulatorProcess) -> Settings:
    """Return the settings of a hub that delivers to a province."""
    return Settings(
        data_dir=str(folder / "hub"),
        http_port=loopback.free_port(),
        health_port=loopback.free_port(),
        province_url=province.url,
        province_username=USERNAME,
        province_password=PASSWORD,
        sweep_interval=0.5,
        contract_every=0.0,
        pin_cpu="off",
    )


def empty(url: str, dashboard: dict[str, Any]) -> set[str]:
    """Return the panels, by their Vietnamese titles, of which an expression has no data."""
    return {
        panel["title"].split(" · ")[0]
        for panel in dashboard["panels"]
        for target in panel["targets"]
        if not answer(url, target["expr"])
    }


def paused_for_an_hour(operation: str = "province.dossier") -> Pause:
    """Return a pause of the province's circuit."""
    at = now()
    return Pause(
        destination="provincial",
        operation=operation,
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
