"""The course of the deliver benchmark: hub, bare zeep and the simulator's limit, round by round."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from adapters.provincial.simulator import PASSWORD, USERNAME
from adapters.simulation.process import SimulatorProcess
from tests.benchmarks.deliver.order import Order
from tests.benchmarks.place import Place, open_place
from tests.benchmarks.progress import Bar
from tests.benchmarks.result import Result
from tests.benchmarks.running import Report, Stuck, running, watch
from tests.benchmarks.stamps import pace

NOTES = (
    "One dossier a call (DongBoHoSoMC), the same WSDL, payload and simulator process for all.\n"
    "hub: one process, all roles; every delivery claimed, recorded and settled on SQLite, asked "
    "for through RabbitMQ; a lane each. bare zeep: 8 threads, a client each, nothing stored.\n"
    "simulator: finished envelopes over 8 connections; what the simulator takes at most."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One way to deliver."""

    name: str
    module: str
    measured: int
    warm_up: int


SIDES = (
    Side(name="hub", module="hub_side", measured=8_000, warm_up=500),
    Side(name="bare_zeep", module="bare_side", measured=4_000, warm_up=300),
    Side(name="simulator", module="limit_side", measured=10_000, warm_up=500),
)


def measure(rounds: int) -> Result:
    """Run the whole course."""
    rates: dict[str, list[float]] = {side.name: [] for side in SIDES}
    series = 0
    with open_place("deliver") as place, province_of(place.directory) as province, Bar() as bar:
        for number in range(1, rounds + 1):
            for side in SIDES:
                series += 1
                with bar.line(f"round {number} of {rounds}: {side.name}") as line:
                    rate = _trial(place, province, side, series=series, report=line.report)
                    line.rate = rate
                rates[side.name].append(rate)
    return _result(rates)


@contextmanager
def province_of(directory: Path) -> Iterator[SimulatorProcess]:
    """Run a simulator of the province."""
    with SimulatorProcess.start(
        "adapters.provincial.simulator",
        ledger=directory / "province.db",
        log=directory / "province.log",
    ) as simulator:
        yield simulator


def _trial(
    place: Place, province: SimulatorProcess, side: Side, *, series: int, report: Report
) -> float:
    folder, total = place.folder(side.name), side.warm_up + side.measured
    before = province.ledger()["dossiers"]
    with place.vhost(folder.name) as url:
        order = Order(
            folder=str(folder),
            count=total,
            series=series,
            province_url=province.url,
            username=USERNAME,
            password=PASSWORD,
            broker_url=url,
            management_url=place.rabbit.management_url,
        )
        module = f"tests.benchmarks.deliver.{side.module}"
        command = [sys.executable, "-m", module, str(order.write())]
        with running(command, folder=folder, environment={}) as process:
            watch(order.stamps, total, process=process, log=folder / "log", report=report)
    registered = province.ledger()["dossiers"] - before
    if registered != total:
        raise Stuck(f"{side.name}: {total} delivered, {registered} registered", folder / "log")
    return pace(order.stamps, warm_up=side.warm_up).rate


def _result(rates: dict[str, list[float]]) -> Result:
    rate = {name: round(median(values), 1) for name, values in rates.items()}
    ratio = round(rate["hub"] / rate["bare_zeep"], 2)
    return Result(
        title="Deliver: dossiers registered at the province by SOAP",
        figures={**rate, "ratio": ratio},
        columns=("", "deliveries/s", "of bare zeep"),
        rows=tuple(
            (name, f"{value:,.0f}", f"{value / rate['bare_zeep']:.2f}")
            for name, value in rate.items()
        ),
        notes=tuple(NOTES.splitlines()),
        details={
            "rounds": {name: [round(v, 1) for v in values] for name, values in rates.items()},
            "deliveries": {side.name: side.measured for side in SIDES},
        },
    )
