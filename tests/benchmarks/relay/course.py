"""The course of the relay benchmark: each peer finds its best setting, then rounds for everybody.

All run one after the other on one broker; a round measures each contender once, so a machine that
grows slower or faster does so for all.
"""

from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.place import ROOT, Place, open_place
from tests.benchmarks.progress import Bar
from tests.benchmarks.relay.contenders import (
    HUB,
    LIMIT,
    PEERS,
    Contender,
    Setting,
)
from tests.benchmarks.relay.trial import run_trial
from tests.benchmarks.result import Result

NAMED = (
    *("celery", "celery-batches", "kombu", "amqp", "dramatiq", "faststream", "taskiq"),
    *("taskiq-aio-pika", "aio-pika", "repid", "pika", "msgspec", "sqlalchemy"),
)

NOTES = (
    "Work: 1 KB JSON from a quorum queue, validated by hub.messages, stored in SQLite (WAL, "
    "synchronous=FULL), one persistent publish to a quorum queue, confirmed, then the ack.\n"
    "The hub stores more: journal in and out, delivery, outbox (written and deleted). Peers and "
    "limit: one INSERT. All publish a short request for work, the peers in their own envelope.\n"
    "Hub, limit and celery-batches commit and publish in batches; the other peers work one by one. "
    "celery-batches acknowledges a batch whose task has failed as well: nothing comes again.\n"
    "Dramatiq cannot declare quorum queues, so they were there before it came. Repid speaks AMQP "
    "1.0, which RabbitMQ 3 translates in a plugin; it needs RabbitMQ 4 to show its best.\n"
    "Best of the settings tried for each peer, median of the rounds."
)


@dataclass(slots=True)
class Scores:
    """What was measured so far, messages a second."""

    tried: dict[str, dict[str, float]] = field(default_factory=dict)
    rounds: dict[str, list[float]] = field(default_factory=dict)
    chosen: dict[str, Setting] = field(default_factory=dict)


def measure(rounds: int) -> Result:
    """Run the whole course."""
    scores = Scores()
    with open_place("relay", plugins=["rabbitmq_amqp1_0"]) as place, Bar() as bar:
        for contender in (*PEERS, HUB, LIMIT):
            scores.chosen[contender.name] = _choose(place, contender, scores, bar)
        for number in range(1, rounds + 1):
            for contender in (HUB, *PEERS, LIMIT):
                setting = scores.chosen[contender.name]
                with bar.line(f"round {number} of {rounds}: {contender.name}") as line:
                    line.rate = run_trial(
                        place,
                        contender,
                        setting,
                        measured=contender.messages,
                        report=line.report,
                    ).rate
                scores.rounds.setdefault(contender.name, []).append(line.rate)
    return _result(scores)


def _choose(place: Place, contender: Contender, scores: Scores, bar: Bar) -> Setting:
    if len(contender.settings) == 1:
        return contender.settings[0]
    tried: dict[str, float] = {}
    for setting in contender.settings:
        with bar.line(f"trying {contender.name}: {setting.label}") as line:
            line.rate = run_trial(
                place, contender, setting, measured=contender.tried_with, report=line.report
            ).rate
        tried[setting.label] = line.rate
    scores.tried[contender.name] = tried
    return max(contender.settings, key=lambda setting: tried[setting.label])


def _result(scores: Scores) -> Result:
    rate = {name: round(median(rates), 1) for name, rates in scores.rounds.items()}
    best = max(rate[peer.name] for peer in PEERS)
    ratios = {
        "ratio_to_best_peer": round(rate["hub"] / best, 2),
        "ratio_to_limit": round(rate["hub"] / rate["limit"], 2),
    }
    rows = [
        (
            contender.name,
            f"{rate[contender.name]:,.0f}",
            f"{rate['hub'] / rate[contender.name]:.2f}",
            scores.chosen[contender.name].label,
        )
        for contender in (HUB, *PEERS, LIMIT)
    ]
    details = {
        "rounds": {
            name: [round(value, 1) for value in values] for name, values in scores.rounds.items()
        },
        "settings": {name: setting.label for name, setting in scores.chosen.items()},
        "tried": {
            name: {label: round(value, 1) for label, value in tried.items()}
            for name, tried in scores.tried.items()
        },
        "versions": _versions(),
        "messages": {c.name: c.messages for c in (HUB, *PEERS, LIMIT)},
    }
    return Result(
        title="Relay: validated, stored durably, published with confirm",
        figures={**rate, **ratios},
        columns=("", "messages/s", "hub is times faster", "setting"),
        rows=tuple(rows),
        notes=tuple(NOTES.splitlines()),
        details=details,
    )


def _versions() -> dict[str, str]:
    """Return the versions that were compared, from the lock they were installed by."""
    lock = (ROOT / "requirements" / "bench.txt").read_text(encoding="utf-8")
    pairs = (line.split()[0].split("==") for line in lock.splitlines() if "==" in line)
    return {name: number for name, number in pairs if name in NAMED}
