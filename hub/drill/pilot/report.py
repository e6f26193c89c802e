"""The report of the pilot: every figure counted from the store and from the partners' ledgers.

`check` is the judge: it lists what does not agree, and the demo fails when there is anything.
"""

import json
import resource
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.simulation.ledger import count_by_dossier, read_summary
from hub.messages import catalog
from hub.messages.catalog import PROVINCIAL, TOWN_CENTER
from hub.records.deadlines.calendar import local
from hub.records.registers.surveys import tally
from hub.records.rulebook import Rulebook
from hub.records.statistics import Case, tabulate
from hub.rules.retention.ends import month_after
from hub.store.archive import index
from hub.store.conservation import balance, proof
from hub.store.engine.store import Store, Tx
from hub.store.monitoring import attention, work_counts
from hub.store.records import surveys
from hub.store.records.reading import reports

CREATES = {PROVINCIAL: "province.dossier", TOWN_CENTER: "town.transfer"}
"""The message type by which a partner comes to have a dossier."""
EXPECTED = frozenset({"dossier", "update", "event"})
"""Kinds of effects that the hub asked for; a ledger also holds what the partner did by itself."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the run itself knows; everything else is counted."""

    ledgers: Mapping[str, Path]
    """Ledger file of each partner, by destination."""
    until: datetime
    broker: str
    database: str
    broker_kills: int
    duration_s: float


def compute(store: Store, rules: Rulebook, facts: Facts) -> dict[str, Any]:
    """Return the report."""
    report = _records(store, rules, facts.until)
    with store.read(long=True) as tx:
        counted = proof.prove(tx, catalog.READERS)
        report["parked"] = len(attention.parked(tx))
        report["waiting_for_a_person"] = len(attention.stuck(tx))
        report["not_handled"] = work_counts.unhandled_count(tx)
        report["papers_not_at_town"] = len(attention.papers_not_at_town(tx))
    report["balance"] = {
        found.destination: {"accepted": found.accepted, **found.states}
        for found in counted.balances
    }
    report["imbalance"] = [f"{it.destination}: {it.what} {it.id}" for it in counted.problems]
    report["ledger"] = {
        name: _ledger(store, name, path) for name, path in sorted(facts.ledgers.items())
    }
    faults: Counter[str] = Counter()
    for path in facts.ledgers.values():
        faults.update(read_summary(path)["faults"])
    if facts.broker_kills:
        faults["broker_killed"] = facts.broker_kills
    report["faults_injected"] = dict(sorted(faults.items()))
    report["broker"] = facts.broker
    report["database"] = facts.database
    report["duration_s"] = round(facts.duration_s, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report["peak_memory_mb"] = round(peak / 1024)  # the kernel counts KiB
    report["problems"] = check(report)
    return report


def _records(store: Store, rules: Rulebook, until: datetime) -> dict[str, Any]:
    names = {code: sector.name for code, sector in rules.catalogue.sectors.items()}
    digitised = 0

    def cases(lines: Iterable[reports.DossierLine]) -> Iterator[Case]:
        nonlocal digitised
        for line in lines:
            digitised += line.digitised
            yield Case(
                line.sector,
                inter_level=line.inter_level,
                due_at=line.due_at,
                finished_at=line.finished_at,
                paused_since=line.paused_since,
            )

    with store.read(long=True) as tx:
        table = tabulate(cases(reports.lines(tx)), at=until)
        slips = tally(surveys.all_scores(tx))
        left_out = reports.archived(tx)
    largest_first = sorted(table.rows, key=lambda row: -row.received)
    return {
        "accepted": table.total.received,
        **_archived(left_out),
        "digitised": digitised,
        "by_sector": {names[row.sector]: row.received for row in largest_first},
        "inter_level": table.total.inter_level,
        "settled_in_time": table.total.ended_in_time,
        "in_process_in_time": table.total.in_process_in_time,
        "in_process_sectors": [names[sector] for sector in table.in_process_sectors],
        "late": table.total.late + table.total.in_process_late,
        "surveys": {"total": slips.total, "satisfied": slips.satisfied},
    }


def _archived(left_out: reports.LeftOut) -> dict[str, Any]:
    """Return how many dossiers the figures leave out, and from which month on they are complete."""
    since = left_out.latest and month_after(local(left_out.latest))
    return {"archived": left_out.count, "complete_from": f"{since:%Y-%m}" if since else ""}


def _ledger(store: Store, destination: str, path: Path) -> dict[str, int]:
    """Count a partner's ledger and compare it, both ways, with what the hub holds as delivered.

    What was archived is compared no more: its deliveries are not in the database.
    """
    summary = read_summary(path)
    ours: Counter[tuple[str, bool]] = Counter()
    with store.read(long=True) as tx:
        for number, type, count in balance.delivered_by_lane(tx, destination):
            # a dossier is created by its first message of that type, later ones update it
            created = int(type == CREATES[destination])
            ours[number, True] += created
            ours[number, False] += count - created
        theirs = _theirs(tx, path)
    return {
        "dossiers": summary["dossiers"],
        "events": summary["events"],
        "duplicates": summary["duplicates"],
        "out_of_order": summary["out_of_order"],
        "missing": sum((ours - theirs).values()),
        "unknown_to_hub": sum((theirs - ours).values()),
    }


def _theirs(tx: Tx, path: Path) -> Counter[tuple[str, bool]]:
    """Count what the hub asked a partner for, by dossier and whether it created it there."""
    found: Counter[tuple[str, bool]] = Counter()
    effects = count_by_dossier(path)
    while page := list(islice(effects, 1000)):
        gone = index.known(tx, {number for number, _, _ in page})
        for number, kind, count in page:
            if kind in EXPECTED and number not in gone:
                found[number, kind == "dossier"] += count
    return found


def check(report: Mapping[str, Any]) -> list[str]:
    """Return what does not agree, in plain words; nothing when all is well."""
    problems: list[str] = []
    open_states = ("pending", "sending", "waiting", "held", "ambiguous", "dead")
    for name, states in report["balance"].items():
        total = sum(count for state, count in states.items() if state != "accepted")
        if states["accepted"] != total:
            problems.append(f"{name}: accepted {states['accepted']}, but {total} in all states")
        problems += [
            f"{name}: {states[state]} deliveries are {state}"
            for state in open_states
            if states[state]
        ]
    for name, ledger in report["ledger"].items():
        problems += [
            f"{name}: {ledger[wrong]} {wrong.replace('_', ' ')}"
            for wrong in ("duplicates", "out_of_order", "missing", "unknown_to_hub")
            if ledger[wrong]
        ]
    problems += report["imbalance"]
    for name in ("parked", "waiting_for_a_person", "not_handled", "papers_not_at_town"):
        if report[name]:
            problems.append(f"{report[name]} {name.replace('_', ' ')}")
    return problems


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Write the report as JSON."""
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
