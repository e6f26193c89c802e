"""The figures of a run, from the store and the partners' ledgers alone, and what is wrong in them.

`lost` holds what the clerks' own record says was acknowledged against what the hub and the partners
hold; the rest is the pilot's report, which compares store and ledgers both ways.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any

import psycopg

from adapters.simulation.ledger import read_effects
from hub.drill.pilot import report as reporting
from hub.messages.catalog import PROVINCIAL, TOWN_CENTER
from hub.records.rulebook import Rulebook
from tests.chaos.load import Counter
from tests.chaos.stage import Stage

PROMISED_S = {"broker_restart": 10, "broker_leader_killed": 10, "half_open_noticed": 30}
"""Seconds, by the beginning of the name under which it is measured."""
PROMISED_RATIO = 1.2


def wait_settled(
    stage: Stage, seconds: float, look: Callable[[int], object] = lambda _: None
) -> bool:
    """Return whether everything came to its end within `seconds`."""
    end, quiet = time.monotonic() + seconds, 0
    pause = Event()
    while quiet < 3:
        if time.monotonic() > end:
            return False
        left = stage.unsettled()
        look(left)
        quiet = quiet + 1 if not left and not stage.partners["town"].busy() else 0
        pause.wait(0.1)
    return True


def judge(stage: Stage, counter: Counter) -> dict[str, Any]:
    """Return dossiers, lost, doubled, out_of_order, balance and everything they are made of."""
    paths = {
        PROVINCIAL: stage.partners["province"].ledger_path,
        TOWN_CENTER: stage.partners["town"].ledger_path,
    }
    for partner in stage.partners.values():
        partner.ledger()  # it commits what it holds
    facts = reporting.Facts(
        ledgers=paths,
        until=stage.until,
        broker="rabbitmq",
        database="postgresql",
        broker_kills=0,
        duration_s=0,
    )
    report = reporting.compute(stage.store, Rulebook.load(), facts)
    lost = _lost(stage, counter)
    ledgers = report["ledger"].values()
    registered = [e.dossier for e in read_effects(paths[PROVINCIAL]) if e.kind == "dossier"]
    return {
        "dossiers": len(counter.numbers),
        "acknowledged_messages": len(counter.acknowledged),
        "lost": len(lost) + sum(ledger["missing"] for ledger in ledgers),
        "doubled": sum(ledger["duplicates"] + ledger["unknown_to_hub"] for ledger in ledgers)
        + len(registered)
        - len(set(registered)),
        "out_of_order": sum(ledger["out_of_order"] for ledger in ledgers),
        "balance_exact": not [p for p in report["problems"] if "accepted" in p],
        "balance": report["balance"],
        "ledger": report["ledger"],
        "partner_faults": report["faults_injected"],
        "problems": [*report["problems"], *lost[:20]],
    }


def verdict(figures: Mapping[str, Any]) -> Sequence[str]:
    """Return what must not be."""
    wrong = [f"{name} {figures[name]}" for name in ("lost", "doubled", "out_of_order")]
    wrong = [text for text in wrong if not text.endswith(" 0")]
    if not figures["balance_exact"]:
        wrong.append("the balance does not hold")
    return [*wrong, *figures["problems"]]


def limits(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was measured beside what was promised. Shown, never the reason to fail."""
    found = [
        {"what": kind, "found": seconds, "limit": limit}
        for kind, seconds in report["longest_recovery_s"].items()
        for prefix, limit in PROMISED_S.items()
        if kind.startswith(prefix)
    ]
    ratio = report["latency"]["ratio"]
    found.append({"what": "p95_untouched_to_calm", "found": ratio, "limit": PROMISED_RATIO})
    return [
        {**one, "kept": one["found"] is not None and one["found"] < one["limit"]} for one in found
    ]


def _lost(stage: Stage, counter: Counter) -> list[str]:
    """Return what was promised to a clerk and is not done."""
    address = stage.postgres.url.replace("+psycopg", "")
    with psycopg.connect(address, connect_timeout=5) as connection:
        states: dict[str, str] = dict(
            connection.execute("SELECT id, state FROM journal").fetchall()
        )
    wrong = [
        f"message of {number}: {states.get(id, 'not there')}"
        for id, number in counter.acknowledged.items()
        if states.get(id) != "handled"
    ]
    effects = read_effects(stage.partners["province"].ledger_path)
    there = {effect.dossier for effect in effects if effect.kind == "dossier"}
    return wrong + [f"{n}: not at the province" for n in counter.numbers if n not in there]
