"""`script/bench console`: how long a page takes at millions of deliveries, on both databases.

The time is that of a caller on this machine, from the request to the last byte.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing

from tests.benchmarks.console.pages import Times, timed
from tests.benchmarks.console.standing import FACTS, standing
from tests.benchmarks.growth.course import building
from tests.benchmarks.growth.stores.kept import stores
from tests.benchmarks.result import Result

SIZE = 200_000
"""Deliveries where nothing else is said."""
PAGE_AT_MOST_MS, SEARCH_AT_MOST_MS = 100, 200
CALLS = 40
"""Requests of each page in a round."""
_ALSO = ", ".join(f"{count:,} {name}" for name, count in FACTS.items())
NOTES = (
    f"The large store of the growth benchmark, whose dossiers are finished, with {_ALSO}.",
    "Visitors are signed in: head of the ward, and an officer of one sector where it says so.",
    "Files and events: until the first rows, the first event.",
    f"Aim: p95 of a page within {PAGE_AT_MOST_MS} ms, of a search within {SEARCH_AT_MOST_MS} ms.",
)
Found = dict[str, dict[str, Times]]


def measure(rounds: int, size: int, engines: Iterable[str]) -> Result:
    """Measure every page on the databases."""
    found: Found = {}
    with building() as tell, stores(size, report=tell, engines=engines, compared=False) as ready:
        for grown in ready.grown:
            with closing(grown.open()) as store, standing(store):
                found[grown.engine] = timed(store, calls=CALLS * rounds)
    return _result(found, size)


def _result(found: Found, size: int) -> Result:
    names = list(next(iter(found.values())))
    worst = {name: max(each[name].within(0.95) for each in found.values()) for name in names}
    searches = [time for name, time in worst.items() if _is_search(name)]
    rows = [
        (name, *(_shown(each[name]) for each in found.values()), _mark(name, worst[name]))
        for name in names
    ]
    return Result(
        title=f"Console at {size:,} deliveries: p50, p95, max in milliseconds",
        figures={
            "pages": {name: time for name, time in worst.items() if not _is_search(name)},
            "searches": {name: time for name, time in worst.items() if _is_search(name)},
            "search_p95_ms": max(searches),
        },
        columns=("page", *found, "aim"),
        rows=tuple(rows),
        notes=NOTES,
        details={"deliveries": size} | {engine: _figures(times) for engine, times in found.items()},
    )


def _figures(times: Mapping[str, Times]) -> dict[str, dict[str, float]]:
    return {name: it.as_figures() for name, it in times.items()}


def _shown(times: Times) -> str:
    return " ".join(f"{it:,.1f}" for it in times.as_figures().values())


def _is_search(name: str) -> bool:
    return name.startswith("search")


def _mark(name: str, time: float) -> str:
    return "✓" if time <= (SEARCH_AT_MOST_MS if _is_search(name) else PAGE_AT_MOST_MS) else "✗"
