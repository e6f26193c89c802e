"""The course of the gateway benchmark: rounds of throughput, then delays, then one large file.

The three programs run all the time; a program that is not loaded rests. A round loads each once,
so a machine that grows slower or faster does so for all.
"""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.benchmarks.gateway import fixed_rate, large_file, programs, sides, throughput
from tests.benchmarks.gateway.fixed_rate import FixedRate, percentile
from tests.benchmarks.gateway.large_file import Memory, Transfer
from tests.benchmarks.gateway.sides import (
    BARE,
    REST,
    SOAP,
    SOAPBAR,
    SOAPBAR_BARE,
    STATUS,
    Sides,
    Target,
)
from tests.benchmarks.place import scratch
from tests.benchmarks.progress import Bar, Line
from tests.benchmarks.result import Result
from tests.benchmarks.running import Stuck

TARGETS = (BARE, REST, SOAPBAR_BARE, SOAPBAR, SOAP, STATUS)
WARM_UP_SECONDS, SECONDS = 2, 6
"""Of each trial of throughput."""
SHARE = 0.7
"""At which share of the statuses a second that were measured their delays are."""
SETTLING, MEASURED = 1.0, 8.0
"""Seconds of the load at a fixed rate: before it counts, and while it counts."""
LONGEST_BESIDE = 60
"""Seconds for which the statuses go on beside a transfer; a slower one ends without them."""

NOTES = (
    "Dossiers of 1 KB, each with a number of its own, 32 connections, wrk. SQLite with WAL and "
    "synchronous=FULL everywhere; every answer comes after its commit, and is 2xx.\n"
    "rest, soap: the hub's gateway, one process; a client's key is checked, the dossier validated, "
    "numbered, and stored as journal, inbox, outbox and audit.\n"
    "bare route: FastAPI, a def route, one INSERT of the body; no key and no content is checked. "
    "soapbar: its ASGI application with the hub's work: a key, the hub's XSD, journal, inbox, "
    "outbox and audit in one commit; soapbar_bare: as the bare route.\n"
    "p99: statuses (POST /v1/dossiers/{maHoSo}/statuses) by 32 h2load processes at 70 % of the "
    "rate that wrk measured for them, each from the moment when it was due, not when it was sent.\n"
    "large file: a PDF of 1 GiB, POST /v1/files and GET /files, at the pace of a gigabit line; "
    "memory of the gateway's process, not of the process that parses the file."
)


@dataclass(slots=True)
class Scores:
    """What was measured so far."""

    rates: dict[str, list[float]] = field(default_factory=dict)
    p99_ms: list[float] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    """By side."""
    per_second: float = 0.0
    during_ms: dict[str, float] = field(default_factory=dict)
    """p99 while the large file comes in and goes out."""
    seconds: dict[str, float] = field(default_factory=dict)
    growth_mb: dict[str, float] = field(default_factory=dict)

    def rate(self, target: Target) -> float:
        """Return the median of the rounds, answers a second."""
        return round(median(self.rates[target.name]), 1)


@dataclass(slots=True)
class _Course:
    directory: Path
    sides: Sides
    bar: Bar
    scores: Scores = field(default_factory=Scores)
    _series: int = 0

    def series(self) -> int:
        self._series += 1
        return self._series

    def throughput(self, rounds: int) -> None:
        for target in TARGETS:
            with self.bar.line(f"warming up: {target.name}") as line:
                line.rate = self._trial(target, WARM_UP_SECONDS, line)
        for number in range(1, rounds + 1):
            for target in TARGETS:
                with self.bar.line(f"round {number} of {rounds}: {target.name}") as line:
                    line.rate = self._trial(target, SECONDS, line)
                self.scores.rates.setdefault(target.name, []).append(line.rate)

    def _trial(self, target: Target, seconds: int, line: Line) -> float:
        found = throughput.measure(
            target,
            self.sides[target.side],
            series=self.series(),
            seconds=seconds,
            report=line.report,
        )
        self._answered(target.side, found.answers)
        return found.rate

    def _answered(self, side: str, count: int) -> None:
        self.scores.answers[side] = self.scores.answers.get(side, 0) + count

    def delays(self, rounds: int) -> None:
        self.scores.per_second = SHARE * self.scores.rate(STATUS)
        title = f"{self.scores.per_second:,.0f} statuses a second"
        for number in range(1, rounds + 1):
            with self.bar.line(f"round {number} of {rounds}: {title}", unit=" ms p99") as line:
                line.rate = self._p99(line)
            self.scores.p99_ms.append(line.rate)

    def _p99(self, line: Line) -> float:
        seconds = SETTLING + MEASURED
        with self._load(int(seconds) + 2) as load:
            since, start = time.monotonic(), time.time() + SETTLING
            while (spent := time.monotonic() - since) < seconds:
                line.report(int(spent * 10), int(seconds * 10))
                time.sleep(0.1)
        self._answered(STATUS.side, load.answers)
        return percentile(load.delays(start, start + MEASURED), 99)

    def _load(self, seconds: int) -> AbstractContextManager[FixedRate]:
        series = self.series()
        return fixed_rate.load(
            self.sides[STATUS.side],
            self.directory / f"load-{series}",
            per_second=self.scores.per_second,
            seconds=seconds,
            series=series,
        )

    def large_file(self) -> None:
        side, sha256 = self.sides[STATUS.side], ""
        for way in ("in", "out"):
            title = f"1 GiB {way}, beside the statuses"
            with self._load(LONGEST_BESIDE) as load, self.bar.line(title, unit=" s") as line:
                time.sleep(SETTLING)
                memory = Memory(side.pid)
                with memory.watched():
                    if way == "in":
                        sha256, transfer = large_file.send(side, line.report)
                    else:
                        transfer = large_file.fetch(side, sha256, line.report)
                line.rate = transfer.seconds
            self._note(way, transfer, memory, load)

    def _note(self, way: str, transfer: Transfer, memory: Memory, load: FixedRate) -> None:
        delays = load.delays(transfer.started, transfer.ended)
        self.scores.during_ms[way] = round(percentile(delays, 99), 1)
        self.scores.seconds[way] = round(transfer.seconds, 1)
        self.scores.growth_mb[way] = round(memory.growth_mb, 1)
        self._answered(STATUS.side, load.answers)


def measure(rounds: int) -> Result:
    """Run the whole course. Raises MissingProgram, and Stuck where a trial fails."""
    programs.check()
    with scratch("gateway") as directory, sides.started(directory) as running, Bar() as bar:
        course = _Course(directory, running, bar)
        course.throughput(rounds)
        course.delays(rounds)
        course.large_file()
        for name, side in running.items():
            if (kept := sides.stored(name, side)) < course.scores.answers[name]:
                why = f"{name} answered {course.scores.answers[name]} and stored {kept}"
                raise Stuck(why, side.folder / "log")
    return _result(course.scores)


def _result(scores: Scores) -> Result:
    rest, bare, soap, soapbar = (scores.rate(it) for it in (REST, BARE, SOAP, SOAPBAR))
    p99, unchecked = round(median(scores.p99_ms), 1), scores.rate(SOAPBAR_BARE)
    figures = {
        "rest": rest,
        "bare_route": bare,
        "ratio": round(rest / bare, 2),
        "soap": soap,
        "soapbar": soapbar,
        "p99_ms": p99,
        "rss_growth_mb": max(scores.growth_mb.values()),
    }
    slower = {way: round(during / p99, 2) for way, during in scores.during_ms.items()}
    rows = (
        ("REST, dossiers/s", f"{rest:,.0f}", f"{rest / bare:.2f} of the bare route's {bare:,.0f}"),
        ("SOAP, dossiers/s", f"{soap:,.0f}", f"{soap / rest:.2f} of REST"),
        ("", "", f"{soap / soapbar:.2f} of soapbar's {soapbar:,.0f} with the same work"),
        ("", "", f"{soap / unchecked:.2f} of soapbar's {unchecked:,.0f} that checks nothing"),
        ("p99, ms", f"{p99:,.1f}", f"at {scores.per_second:,.0f} statuses/s"),
        ("p99 beside 1 GiB, of before", _each_way(slower), ""),
        ("memory for 1 GiB, MB", _each_way(scores.growth_mb), ""),
    )
    return Result(
        title="Gateway: dossiers handed in by REST and SOAP",
        figures=figures,
        columns=("", "hub", "beside"),
        rows=rows,
        notes=tuple(NOTES.splitlines()),
        details={
            "soap_of_rest": round(soap / rest, 2),
            "soap_of_soapbar": round(soap / soapbar, 2),
            "soapbar_bare": scores.rate(SOAPBAR_BARE),
            "soap_of_soapbar_bare": round(soap / scores.rate(SOAPBAR_BARE), 2),
            "p99_of_before": slower,
            **_details(scores),
        },
    )


def _each_way(figures: dict[str, float]) -> str:
    return ", ".join(f"{way} {figure}" for way, figure in figures.items())


def _details(scores: Scores) -> dict[str, object]:
    return {
        "p99_during_ms": scores.during_ms,
        "rss_growth_mb": scores.growth_mb,
        "transfer_seconds": scores.seconds,
        "statuses": scores.rate(STATUS),
        "statuses_per_second": round(scores.per_second, 1),
        "p99_ms": [round(each, 1) for each in scores.p99_ms],
        "rounds": {
            name: [round(rate, 1) for rate in rates] for name, rates in scores.rates.items()
        },
        "answers": scores.answers,
    }
