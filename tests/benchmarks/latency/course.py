"""The course of the latency benchmark: everything up, 50 dossiers a second, half a minute."""

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
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

FILE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A stream of dossiers, and whether their scans' contents are checked."""

    warm_up: int
    measured: int
    per_second: float
    checked: bool


UNCHECKED = Rate(warm_up=150, measured=1_500, per_second=50.0, checked=False)
CHECKED = Rate(warm_up=15, measured=100, per_second=5.0, checked=True)
"""The check of a scan is a process of its own and takes 0.1 s of a CPU: 50 of them a second need
more CPUs than the two that this is measured on."""
NOTES = (
    f"Open loop, {UNCHECKED.per_second:.0f} land dossiers a second with a PDF of "
    f"{FILE_BYTES // 1024} KB each, from the moment when accept is due to the commit of the town's "
    f"acceptance; the PDFs' contents are not checked. Then {CHECKED.per_second:.0f} a second, each "
    "PDF checked in a process of its own (0.1 s of CPU).\n"
    "Everything is up: hub (one process, all roles), RabbitMQ, province (registered and told of "
    "each step by SOAP), town (pulls the scan from the hub and calls back)."
)


def measure(rounds: int) -> Result:
    """Run the whole course."""
    found: dict[Rate, list[Findings]] = {UNCHECKED: [], CHECKED: []}
    with open_place("latency") as place, Bar() as bar:
        for number in range(1, rounds + 1):
            for rate, trials in found.items():
                told = f"round {number} of {rounds}, {rate.per_second:.0f}/s"
                with bar.line(told, unit=" ms p99") as line:
                    trials.append(_trial(place, rate, line.report))
                    line.rate = _percentile(trials[-1].town_ms, 99)
    return _result(found[UNCHECKED], found[CHECKED])


def _trial(place: Place, rate: Rate, report: Report) -> Findings:
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
            settings=msgspec.structs.replace(
                _settings(place, folder, url, keys, port, province, town),
                file_check="on" if rate.checked else "off",
            ),
            warm_up=rate.warm_up,
            measured=rate.measured,
            per_second=rate.per_second,
            file_bytes=FILE_BYTES,
        )
        command = [sys.executable, "-m", "tests.benchmarks.latency.hub_side", str(order.write())]
        log, total = folder / "log", rate.warm_up + rate.measured
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
    )


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _result(found: list[Findings], checked: list[Findings]) -> Result:
    """Return the median of the rounds for each figure."""

    def over_rounds(percent: int, kind: str, trials: list[Findings] = found) -> float:
        values = [_percentile(getattr(each, kind), percent) for each in trials]
        return round(median(values), 1)

    figures = {
        "p50_ms": over_rounds(50, "town_ms"),
        "p99_ms": over_rounds(99, "town_ms"),
        "max_ms": round(max(max(each.town_ms) for each in found), 1),
        "accept_p50_ms": over_rounds(50, "accept_ms"),
        "accept_p99_ms": over_rounds(99, "accept_ms"),
        "per_second": round(median(each.per_second for each in found), 1),
        "checked_p50_ms": over_rounds(50, "town_ms", checked),
        "checked_p99_ms": over_rounds(99, "town_ms", checked),
        "checked_per_second": round(median(each.per_second for each in checked), 1),
    }
    names = {
        "accepted by the town": ("p50_ms", "p99_ms"),
        "accepted by the hub": ("accept_p50_ms", "accept_p99_ms"),
        "accepted by the town, PDFs checked": ("checked_p50_ms", "checked_p99_ms"),
    }
    rows = tuple((what, *(f"{figures[it]:,.1f}" for it in of)) for what, of in names.items())
    return Result(
        title=f"Latency at {figures['per_second']:.0f} dossiers a second",
        figures=figures,
        columns=("", "p50 ms", "p99 ms"),
        rows=rows,
        notes=tuple(NOTES.splitlines()),
        details={
            "p99_ms": [round(_percentile(each.town_ms, 99), 1) for each in found],
            "dossiers": UNCHECKED.measured,
        },
    )
