"""`script/bench console`: how long a page takes at millions of deliveries, on both databases.

The time is that of a caller on this machine, from the request to the last byte.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from statistics import median

from tests.benchmarks.console.operators import EACH, OPERATORS
from tests.benchmarks.console.pages import Times, not_asked, timed
from tests.benchmarks.console.standing import BAD_DAY, standing, told
from tests.benchmarks.console.working import DELIVERIES, Working, measure_working
from tests.benchmarks.growth.course import building
from tests.benchmarks.growth.stores.kept import stores
from tests.benchmarks.result import Result

SIZE = 200_000
"""Deliveries where nothing else is said."""
LEFT_AT_LEAST = 0.95
PAGE_AT_MOST_MS, SEARCH_AT_MOST_MS = 100, 200
CALLS = 40
"""Requests of each page in a round."""
NOTES = (
    f"The large store of the growth benchmark, whose dossiers are finished. Also: {told(BAD_DAY)}.",
    "Visitors are signed in: head of the ward, and an officer of one sector where it says so.",
    "Files and events: until the first rows, the first event.",
    f"Aim: p95 of a page within {PAGE_AT_MOST_MS} ms, of a search within {SEARCH_AT_MOST_MS} ms.",
)
_OPERATORS = f"""
{OPERATORS} operators look: each has the overview open, fresh by its events, and asks for a page
each {EACH:g} s. The hub delivers {DELIVERIES:,} dossiers by SOAP to the simulator, as in the
benchmark `deliver`; the console is a process of its own."""
WORKING_NOTES = (
    _OPERATORS.strip().replace("\n", " "),
    f"Aim: deliveries/s fall by less than {100 - 100 * LEFT_AT_LEAST:.0f} %.",
)
Found = dict[str, dict[str, Times]]


def measure(rounds: int, size: int, engines: Iterable[str]) -> Result:
    """Measure every page on the databases."""
    found: Found = {}
    with building() as tell, stores(size, report=tell, engines=engines, compared=False) as ready:
        for grown in ready.grown:
            with closing(grown.open()) as store, standing(store):
                found[grown.engine] = timed(store, calls=CALLS * rounds)
                lacking = not_asked(store)
    return _result(found, size, lacking)


def measure_looked_at(rounds: int, size: int, engines: Iterable[str]) -> Result:
    """Measure deliveries a second without and with operators."""
    found: dict[str, Working] = {}
    with building() as tell:
        ready = stores(size, report=tell, engines=engines, compared=False)
        with ready as those:
            for grown in those.grown:
                with closing(grown.open()) as store, standing(store):
                    found[grown.engine] = measure_working(grown, store, rounds)
    return _working_result(found, size)


def _working_result(found: Mapping[str, Working], size: int) -> Result:
    rows = [
        (
            engine,
            f"{median(it.calm):,.0f}",
            f"{median(it.looked_at):,.0f}",
            f"{it.ratio:.3f} {'✓' if it.ratio >= LEFT_AT_LEAST else '✗'}",
            f"{it.pages.within(0.5):,.1f} {it.pages.within(0.95):,.1f}",
        )
        for engine, it in found.items()
    ]
    return Result(
        title=f"Deliveries a second at {size:,} deliveries, while nobody and while operators look",
        figures={engine: {"ratio": it.ratio} for engine, it in found.items()},
        columns=("", "nobody looks", f"{OPERATORS} operators", "ratio", "pages: p50, p95 in ms"),
        rows=tuple(rows),
        notes=WORKING_NOTES,
        details={
            engine: {
                "calm": [round(rate, 1) for rate in it.calm],
                "looked_at": [round(rate, 1) for rate in it.looked_at],
                "pages": len(it.pages.all_of_them),
            }
            for engine, it in found.items()
        },
    )


def _result(found: Found, size: int, lacking: Sequence[str]) -> Result:
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
        notes=(*NOTES, f"Not asked for: {', '.join(lacking) or 'nothing'}."),
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
