"""The course of the benchmark of agents: simulated agents and a real one on one hub process."""

import json
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hub.drill.sandbox.loopback import free_port
from hub.edge.credential import Credential
from tests.benchmarks.edge import real_agent
from tests.benchmarks.edge.hub_side import KEYS
from tests.benchmarks.gateway.fixed_rate import percentile
from tests.benchmarks.place import scratch
from tests.benchmarks.result import Result
from tests.benchmarks.running import Stuck, running

AGENTS, PER_SECOND, SECONDS, PROCESSES = 100, 10, 30, 2
START_WITHIN = 60.0
_NOTES = (
    "Simulated agents speak the real protocol over TCP and send twice a second. Of their calls "
    "15 % are cut: before, within, or after the hub has them and before the answer. Their lists "
    "are in memory; the real agent alone has a spool on the disk.\n"
    "lost, doubled, out of order: the simulators' ledgers against the hub's journal.\n"
    "reader to answer: a real agent beside them, from the code at its spool (SQLite, "
    "synchronous=FULL) until the hub's answer has freed it. The way to an open page is not in it.\n"
    "idle: resident memory of `hub edge run` with a scanner's folder and a printer that is away."
)


def measure() -> Result:
    """Run the course."""
    with scratch("edge") as folder, ExitStack() as programs:
        side, port = folder / "hub", free_port()
        side.mkdir()
        python = (sys.executable, "-m")
        hub = [*python, "tests.benchmarks.edge.hub_side", str(side), str(port), str(AGENTS + 1)]
        programs.enter_context(running(hub, folder=side, environment={}))
        keys = _keys(side)
        name = max(keys)
        credential = Credential(url=f"http://127.0.0.1:{port}", agent=name, key=keys[name])
        idle = real_agent.idle_megabytes(folder / "idle", credential)
        each = AGENTS // PROCESSES
        simulators = []
        for first in range(0, AGENTS, each):
            own = folder / f"agents-{first}"
            own.mkdir()
            words = (str(side), str(port), str(first), str(each), str(SECONDS), str(PER_SECOND))
            command = [*python, "tests.benchmarks.edge.agents_side", *words]
            simulators.append(programs.enter_context(running(command, folder=own, environment={})))
        delays = real_agent.code_delays(folder / "real", credential, seconds=SECONDS)
        ledgers = [_ledger(side, first) for first in range(0, AGENTS, each)]
        lost, doubled, disordered, total = _compare(side / "hub.db", ledgers)
    figures = _figures(ledgers, delays, idle) | {
        "events": total,
        "lost": lost,
        "doubled": doubled,
        "out_of_order": disordered,
    }
    rows = tuple((name.replace("_", " "), f"{value:,}") for name, value in figures.items())
    return Result(
        title="agents on workstations",
        figures=figures,
        columns=("what", "figure"),
        rows=rows,
        notes=tuple(_NOTES.splitlines()),
    )


def _figures(ledgers: list[dict[str, Any]], delays: Sequence[float], idle: float) -> dict[str, Any]:
    """Return what the agents say of themselves."""
    rounds = [delay for it in ledgers for delay in it["delays"]]
    return {
        "agents": AGENTS,
        "events_per_second": AGENTS * PER_SECOND,
        "cuts": sum(it["cuts"] for it in ledgers),
        "unsent": sum(it["unsent"] for it in ledgers),
        "agent_to_answer_p99_s": round(percentile(rounds, 99), 3),
        "reader_to_answer_p50_ms": round(1000 * percentile(list(delays), 50), 1),
        "reader_to_answer_p99_ms": round(1000 * percentile(list(delays), 99), 1),
        "idle_rss_mb": round(idle, 1),
    }


def _keys(side: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(_content(side / KEYS, START_WITHIN))
    return found


def _ledger(side: Path, first: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_content(side / f"ledger-{first}.json", 4 * SECONDS))
    return found


def _content(place: Path, within: float) -> str:
    end = time.monotonic() + within
    while not place.exists():
        if time.monotonic() > end:
            raise Stuck(f"{place.name} did not come", place.parent / "log")
        time.sleep(0.1)
    return place.read_text(encoding="ascii")


def _compare(database: Path, ledgers: list[dict[str, Any]]) -> tuple[int, int, int, int]:
    """Return how many events were lost, doubled and out of order, and how many there were."""
    journal: dict[str, list[str]] = {}
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as store:
        for source, id in store.execute("SELECT source, id FROM journal ORDER BY rowid"):
            journal.setdefault(source, []).append(id)
    store.close()
    lost = doubled = disordered = total = 0
    for ledger in ledgers:
        for device, ids in ledger["ledgers"].items():
            kept = journal.get(device, [])
            total += len(ids)
            lost += len(set(ids) - set(kept))
            doubled += len(kept) - len(set(kept)) + len(set(kept) - set(ids))
            disordered += kept != [it for it in ids if it in set(kept)]
    return lost, doubled, disordered, total
