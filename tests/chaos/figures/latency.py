"""Whether a partner's transient faults slow down the dossiers that they do not meet.

The same paced load in turns without faults and with a fifth of all calls refused for now; compared
is the time from said to delivered of dossiers whose every call went well at the first attempt.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import psycopg

from adapters.simulation.faults import Fault, FaultKind
from hub.drill.pilot.scenario import Planned
from tests.chaos.figures.judge import wait_settled
from tests.chaos.load import Counter
from tests.chaos.stage import Stage

FIFTH = Fault(kind=FaultKind.BUSY, probability=0.2, seconds=0)
EVERY = 0.3
"""Seconds between two dossiers: well below what the hub can take."""
ROUNDS = 3
# By the attempts, not by their number: what was refused once and then superseded by a newer version
# has one attempt as well, and waited for its retry.
_TIMES = """
SELECT (settled_at - created_at) / 1000.0 FROM deliveries WHERE lane = ANY(%(numbers)s)
AND lane NOT IN (
    SELECT lane FROM deliveries LEFT JOIN attempts ON attempts.delivery_id = deliveries.id
    WHERE lane = ANY(%(numbers)s) AND attempts.outcome IS DISTINCT FROM 'delivered'
)
"""


def compare(
    stage: Stage,
    counter: Counter,
    plans: Iterator[Planned],
    *,
    each: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Return p95 in milliseconds of both kinds, their ratio, and how many deliveries were timed."""
    times: dict[str, list[float]] = {"calm": [], "untouched": []}
    for turn, kind in itertools.product(range(ROUNDS), times):
        say(f"latency {turn + 1}/{ROUNDS}: {kind}")
        for partner in stage.partners.values():
            partner.set_faults([FIFTH] if kind == "untouched" else [])
        numbers = _hand_in(counter, itertools.islice(plans, each))
        wait_settled(stage, 60)
        with psycopg.connect(stage.postgres.url.replace("+psycopg", "")) as connection:
            rows = connection.execute(_TIMES, {"numbers": numbers}).fetchall()
        times[kind] += [float(row[0]) for row in rows]
    for partner in stage.partners.values():
        partner.clear_faults()
    calm, untouched = (p95(times[kind]) for kind in times)
    return {
        "calm_p95_ms": calm,
        "untouched_p95_ms": untouched,
        "ratio": round(untouched / calm, 2) if calm else None,
        "deliveries": {kind: len(found) for kind, found in times.items()},
    }


def p95(times: list[float]) -> float:
    """Return the time that 95 of 100 do not exceed; 0 without any."""
    ordered = sorted(times)
    return round(ordered[int(len(ordered) * 0.95)], 1) if ordered else 0.0


def _hand_in(counter: Counter, plans: Iterator[Planned]) -> list[str]:
    """Hand dossiers in at a steady pace, whatever the hub makes of it; return their numbers."""
    pace, numbers = threading.Event(), []
    with ThreadPoolExecutor(4) as clerks:
        handed = []
        for planned in plans:
            numbers.append(planned.number)
            handed.append(clerks.submit(counter.hand_in, planned))
            pace.wait(EVERY)
        for one in wait(handed).done:
            one.result()
    return numbers
