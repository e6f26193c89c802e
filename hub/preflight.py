"""Preflight: what the hub stands on, checked one by one; each finding names its fix.

`refuses` marks what would lose messages or stop all work: the hub does not start on it. The rest is
a warning.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hub.bootstrap import make_destinations, open_store, utc_now
from hub.broker import declare, probe
from hub.broker.compare import Difference
from hub.broker.topology import TOPOLOGY, validate
from hub.ports import BrokerUnavailable
from hub.rules.causes import cause_of
from hub.rules.errors import DeliveryFailure
from hub.service import Role
from hub.settings import Settings
from hub.store.engine import StoreUnavailable, database_time, is_away
from hub.telemetry import Event, log

_KEEPING = ("dead-letter-strategy", "dead-letter-exchange", "overflow", "message-ttl")
"""Words of a policy that decide whether a message can vanish."""
MOST_SKEW = timedelta(seconds=5)
"""Between our clock and another one; leases and callbacks' signatures are compared by clocks."""
LEAST_FREE = 512 * 1024 * 1024
"""Bytes of disk below which the hub does not start: accepting means storing."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding."""

    subject: str
    ok: bool
    detail: str
    fix: str = ""
    fatal: bool = False

    @property
    def refuses(self) -> bool:
        """Whether the hub must not start."""
        return self.fatal and not self.ok


def examine(settings: Settings) -> list[Check]:
    """Return every finding, good and bad."""
    return [
        *_disk(settings),
        *_database(settings),
        *_broker(settings),
        *_partners(settings),
    ]


class Watch(Role):
    """Looks again every `pause` while the hub runs, and logs what is wrong; it stops nothing."""

    name = "preflight"

    def __init__(self, settings: Settings, *, pause: timedelta = timedelta(hours=1)) -> None:
        super().__init__()
        self.settings = settings
        self.pause = pause

    def run(self) -> None:
        while not self.stopping.is_set():
            self.bell.wait(self.pause.total_seconds())
            if not self.stopping.is_set():
                self.look()

    def look(self) -> list[Check]:
        """Log each finding that is not good; return these."""
        found = [check for check in examine(self.settings) if not check.ok]
        for check in found:
            level = log.error if check.fatal else log.warning
            level(Event.PREFLIGHT_FOUND, where=check.subject, detail=check.detail, action=check.fix)
        return found


def _disk(settings: Settings) -> Iterator[Check]:
    place = Path(settings.data_dir)
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    yield Check(
        "disk",
        free >= LEAST_FREE,
        f"{free // 2**20} MiB free in {place}",
        "Free space or move HUB_DATA_DIR.",
        fatal=True,
    )


def _database(settings: Settings) -> Iterator[Check]:
    fix = "Check HUB_DATABASE_URL and that the server runs."
    try:
        store = open_store(settings)
    except StoreUnavailable as error:
        # The words of a failed connection help; those of other errors may quote rows.
        words = repr(error)[:200] if is_away(error) else cause_of(error)
        yield Check("database", False, words, fix, fatal=True)
        return
    yield Check("database", True, f"{store.name}, schema is up to date")
    with store.read() as tx:
        skew = abs(database_time(tx) - utc_now())
    store.close()
    detail = f"the clocks differ by {skew.total_seconds():.1f} s"
    fix = "Let both machines take their time from the same NTP server."
    yield Check("database clock", skew <= MOST_SKEW, detail, fix)


def _broker(settings: Settings) -> Iterator[Check]:
    problems = validate(TOPOLOGY)
    yield Check("topology", not problems, "; ".join(map(str, problems)) or "sound", fatal=True)
    if not settings.broker_url:
        detail = "in-process broker: queued messages end with the process, the store does not"
        yield Check("broker", True, detail)
        return
    try:
        plan = declare.plan(TOPOLOGY, settings.broker_url, settings.broker_management_url)
    except BrokerUnavailable as error:
        fix = "Check HUB_BROKER_URL and that RabbitMQ runs."
        yield Check("broker", False, str(error), fix, fatal=True)
        return
    if plan.clean:
        yield Check("broker", True, "as the topology says")
    for found in plan.differences:
        detail = f"{found.actual}, should be {found.expected}"
        yield Check(found.subject, False, detail, found.fix, fatal=loses_messages(found))
    if plan.clean:
        yield _dead_letters(settings.broker_url)
    for note in plan.unchecked:
        yield Check("broker policies", False, note, "Set HUB_BROKER_MANAGEMENT_URL.")


def loses_messages(found: Difference) -> bool:
    """Tell whether messages can be lost as long as the broker differs in this way."""
    if found.subject.startswith(("queue ", "feature flag ")):
        words = ("missing", "as in the topology", "durable quorum", "enabled", *_KEEPING)
        return any(word in f"{found.expected} {found.actual}" for word in words)
    return found.actual == "missing"


def _dead_letters(broker_url: str) -> Check:
    """Try the dead-letter route with a message of our own."""
    fix = "See that `hub.dlx` and `hub.dead` are there and bound: run `hub topology apply`."
    try:
        problem = probe.dead_letter_route(broker_url)
    except BrokerUnavailable as error:
        problem = str(error)
    return Check(
        "dead letters", not problem, problem or "a rejected probe arrived in hub.dead", fix
    )


def _partners(settings: Settings) -> Iterator[Check]:
    for destination in make_destinations(settings):
        try:
            destination.ping()
        except DeliveryFailure as failure:
            fix = "Messages wait in the store until the partner answers; see RUNBOOK."
            yield Check(destination.name, False, str(failure), fix)
        else:
            yield Check(destination.name, True, "answers")
        finally:
            destination.close()


def show(console: Console, checks: list[Check]) -> None:
    """Print findings as a table."""
    table = Table("", "what", "finding", "what to do")
    for check in checks:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]" if check.fatal else "[yellow]![/]"
        table.add_row(mark, check.subject, check.detail, "" if check.ok else check.fix)
    console.print(table)
