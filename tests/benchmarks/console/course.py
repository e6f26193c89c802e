"""`script/bench console`: how long a page takes at millions of deliveries, on both databases.

The time is that of a caller on this machine, from the request to the last byte.
"""

import time
from collections.abc import Mapping
from contextlib import closing

import httpx
import sqlalchemy as sa

from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import deliveries, journal
from hub.store.schema.tables.records import dossiers
from tests.benchmarks.growth.course import building
from tests.benchmarks.growth.stores.kept import LARGE, stores
from tests.benchmarks.result import Result
from tests.support.console import looking

PAGE_AT_MOST_MS, SEARCH_AT_MOST_MS = 100, 200
CALLS = 50
"""Requests of each page in a round, after three that warm it."""
NOTES = (
    "The large store of the growth benchmark, whose dossiers are finished but for a few.",
    f"p95 of {CALLS} requests a round, of all rounds together.",
    f"Aim: a page within {PAGE_AT_MOST_MS} ms, a search within {SEARCH_AT_MOST_MS} ms.",
)


def measure(rounds: int, count: int) -> Result:
    """Measure every page on both databases."""
    found: dict[str, dict[str, float]] = {}
    with building() as tell, stores(count, report=tell) as ready:
        for grown in ready.grown:
            if grown.size == LARGE:
                with closing(grown.open()) as store:
                    found[grown.engine] = _measured(store, rounds)
    return _result(found, count)


def _measured(store: Store, rounds: int) -> dict[str, float]:
    with looking(store) as browser:
        return {name: _p95(browser, path, rounds) for name, path in _paths(store).items()}


def _paths(store: Store) -> Mapping[str, str]:
    """Return what is asked for: the names of searches begin with `search`."""
    with store.read() as tx:
        number = tx.execute(sa.select(dossiers.c.number).limit(1)).scalar_one()
        last = tx.execute(sa.select(sa.func.max(deliveries.c.id))).scalar_one()
        message = tx.execute(sa.select(journal.c.id).limit(1)).scalar_one()
    return {
        "overview": "/",
        "overview_week": "/?span=week",
        "dossier": f"/dossiers/{number}",
        "delivery": f"/deliveries/{last}",
        "queues": "/queues",
        "failures": "/failures",
        "replays": "/replays",
        "comparisons": "/comparisons",
        "selection": f"/selection?state=dead&up_to={last}",
        "search_list": "/search",
        "search_dead": "/search?state=dead",
        "search_rare": "/search?state=cancelled&fault=nothing_has_this",
        "search_number": f"/search?q={number}",
        "search_message": f"/search?q={message}",
        "search_nothing": "/search?q=BN-0000",
        "search_middle": f"/search?before={last // 2}",
    }


def _p95(browser: httpx.Client, path: str, rounds: int) -> float:
    """Return the time in milliseconds within which 95 of 100 requests are answered."""
    times = []
    for nth in range(3 + CALLS * rounds):
        begun = time.perf_counter()
        answer = browser.get(path)
        if nth >= 3:
            times.append(time.perf_counter() - begun)
        if answer.status_code not in (200, 303):
            raise RuntimeError(f"{path}: {answer.status_code}")
    return sorted(times)[int(len(times) * 0.95)] * 1000


def _result(found: Mapping[str, Mapping[str, float]], count: int) -> Result:
    names = list(next(iter(found.values())))
    worst = {name: max(each[name] for each in found.values()) for name in names}
    searches = [time for name, time in worst.items() if name.startswith("search")]
    rows = [
        (name, *(f"{each[name]:,.1f} ms" for each in found.values()), _mark(name, worst[name]))
        for name in names
    ]
    return Result(
        title=f"Console at {count:,} deliveries, p95",
        figures={
            "pages": {name: round(time, 1) for name, time in worst.items()},
            "search_p95_ms": round(max(searches), 1),
        },
        columns=("page", *found, "aim"),
        rows=tuple(rows),
        notes=NOTES,
        details={engine: dict(times) for engine, times in found.items()},
    )


def _mark(name: str, time: float) -> str:
    aim = SEARCH_AT_MOST_MS if name.startswith("search") else PAGE_AT_MOST_MS
    return "✓" if time <= aim else "✗"
