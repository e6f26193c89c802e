"""The course of the latency benchmark: everything up, 50 dossiers a second, half a minute."""

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

import msgspec

from adapters.simulation.process import SimulatorProcess
from hub.drill.pilot.partners import Secrets, start_province, start_town
from hub.drill.sandbox.loopback import free_port
from hub.settings import Settings
from tests.benchmarks.latency.order import TOLD_UNTIL, Findings, Order
from tests.benchmarks.place import Place, open_place
from tests.benchmarks.progress import Bar
from tests.benchmarks.result import Result
from tests.benchmarks.running import Report, Stuck, running, watch

WARM_UP, MEASURED = 150, 1_500
PER_SECOND = 50.0
FILE_BYTES = 64 * 1024
NOTES = (
    f"Open loop, {PER_SECOND:.0f} land dossiers a second with a scan of {FILE_BYTES // 1024} KB "
    "each, from the moment when accept is due to the commit of the town's acceptance.\n"
    "Everything is up: hub (one process, all roles), RabbitMQ, province (registered and told of "
    "each step by SOAP), town (pulls the scan from the hub and calls back)."
)


def measure(rounds: int) -> Result:
    """Run the whole course."""
    found: list[Findings] = []
    with open_place("latency") as place, Bar() as bar:
        for number in range(1, rounds + 1):
            with bar.line(f"round {number} of {rounds}", unit=" ms p99") as line:
                found.append(_trial(place, line.report))
                line.rate = _percentile(found[-1].town_ms, 99)
    return _result(found)


def _trial(place: Place, report: Report) -> Findings:
    folder = place.folder("latency")
    with ExitStack() as stack:
        url = stack.enter_context(place.vhost(folder.name))
        keys, port = Secrets.generate(folder / "secrets"), free_port()
        province = stack.enter_context(start_province(folder, keys, seed=1))
        town = stack.enter_context(
            start_town(folder, keys, hub_port=port, until=TOLD_UNTIL, seed=1)
        )
        order = Order(
            folder=str(folder),
            settings=_settings(place, folder, url, keys, port, province, town),
            warm_up=WARM_UP,
            measured=MEASURED,
            per_second=PER_SECOND,
            file_bytes=FILE_BYTES,
        )
        command = [sys.executable, "-m", "tests.benchmarks.latency.hub_side", str(order.write())]
        log, total = folder / "log", WARM_UP + MEASURED
        with running(command, folder=folder, environment={}) as process:
            watch(order.stamps, total, process=process, log=log, report=report)
            while not order.findings.exists() and process.alive:
                time.sleep(0.05)
        if town.ledger()["dossiers"] != total:
            raise Stuck(f"the town holds {town.ledger()['dossiers']} of {total}", log)
    return msgspec.json.decode(order.findings.read_bytes(), type=Findings)


def _settings(
    place: Place,
    folder: Path,
    url: str,
    keys: Secrets,
    port: int,
    province: SimulatorProcess,
    town: SimulatorProcess,
) -> Settings:
    return Settings(
        data_dir=str(folder / "hub"),
        broker_url=url,
        broker_management_url=place.rabbit.management_url,
        http_port=port,
        province_url=province.url,
        province_username=keys.province_username,
        province_password=keys.province_password,
        town_url=town.url,
        town_client_id=keys.town_client_id,
        town_client_secret=keys.town_client_secret,
        town_callback_secret=keys.town_callback_secret,
        file_token=keys.file_token,
        file_check="off",  # its scans are random bytes of a wanted size
    )


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _result(found: list[Findings]) -> Result:
    """Return the median of the rounds for each figure."""

    def over_rounds(percent: int, kind: str) -> float:
        values = [_percentile(getattr(each, kind), percent) for each in found]
        return round(median(values), 1)

    figures = {
        "p50_ms": over_rounds(50, "town_ms"),
        "p99_ms": over_rounds(99, "town_ms"),
        "max_ms": round(max(max(each.town_ms) for each in found), 1),
        "accept_p50_ms": over_rounds(50, "accept_ms"),
        "accept_p99_ms": over_rounds(99, "accept_ms"),
        "per_second": round(median(each.per_second for each in found), 1),
    }
    rows = (
        ("accepted by the town", *(f"{figures[name]:,.1f}" for name in ("p50_ms", "p99_ms"))),
        (
            "accepted by the hub",
            *(f"{figures[name]:,.1f}" for name in ("accept_p50_ms", "accept_p99_ms")),
        ),
    )
    return Result(
        title=f"Latency at {figures['per_second']:.0f} dossiers a second",
        figures=figures,
        columns=("", "p50 ms", "p99 ms"),
        rows=rows,
        notes=tuple(NOTES.splitlines()),
        details={
            "p99_ms": [round(_percentile(each.town_ms, 99), 1) for each in found],
            "dossiers": MEASURED,
        },
    )
