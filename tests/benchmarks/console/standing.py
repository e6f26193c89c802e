"""What stands in a store on a bad day: what failed, plans, tasks, accounts, a week of samples.

The large stores of the growth benchmark hold finished work alone. This puts there what pages are
about, by rows as the hub writes them, and takes it out again, so that the stores stay as they were.
Only the audit stays longer: its chain is for good.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from hub.messages.catalog import PROVINCIAL
from hub.messages.partners import PARTNERS
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import UserRole
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.evidence.audit import AuditRow
from hub.store.repair import deadline_alerts
from hub.store.schema.tables import repair
from hub.store.schema.tables.conservation import ACCEPTED, delivery_count_changes, flow_samples
from hub.store.schema.tables.exchange import attempts, deliveries, journal
from hub.store.schema.tables.exchange import audit as audit_table
from hub.store.schema.tables.operators import users as of_users
from hub.store.schema.tables.operators.alerts import incident_events, incidents
from hub.store.schema.tables.records import dossiers
from tests.support.users import SECTOR, add_user


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much of each there is."""

    dead: int = 12_431
    ambiguous: int = 400
    held: int = 3_000
    parked: int = 300
    open_tasks: int = 2_000
    closed_tasks: int = 20_000
    alerts: int = 300
    plans: int = 80
    items: int = 10_000
    comparisons: int = 60
    differences: int = 500
    proposals: int = 40
    incidents: int = 300
    audit_rows: int = 200_000

    @property
    def lanes(self) -> int:
        """Dossiers with a delivery that needs a person."""
        return self.dead + self.ambiguous


BAD_DAY = Scale()
MARK, HEAD, OFFICER, MANAGER = "bench", "bench-head", "bench-officer", "bench-manager"
"""The actor of all of it, and the accounts that look."""
LOOKING = {HEAD: UserRole.HEAD, OFFICER: UserRole.OFFICER, MANAGER: UserRole.OPERATOR}
"""Who looks at the pages."""
OFFICERS, MOST_LANES = 30, 20_000
CODES = (
    "partner_refused",
    "payload_invalid",
    "file_missing",
    "partner_unreachable",
    "partner_busy",
)
LAST = timedelta(days=7)
AT_ONCE = 2_000
Row = dict[str, Any]
Some = TypeVar("Some")


def number(n: int) -> str:
    """Return the dossier number of the n-th delivery that stands."""
    return f"000.98.99.H57-180806-{n:06}"


@contextmanager
def standing(store: Store, scale: Scale = BAD_DAY) -> Iterator[None]:
    """Have all of it there; what an interrupted measurement left goes first."""
    remove(store)
    put(store, scale, datetime.now(UTC))
    try:
        yield
    finally:
        remove(store)


def put(store: Store, scale: Scale, now: datetime) -> None:
    """Put all of it there."""
    with store.write(long=True) as tx:
        ids = _deliveries(tx, scale, now)
        _insert(tx, attempts, (_attempt(id, now) for id in ids[: scale.lanes]))
        _insert(tx, repair.tasks, _tasks(ids, scale, now))
        _insert(tx, flow_samples, _flow(now))
        _insert(tx, repair.failure_samples, _failures(now))
        _plans(tx, ids, scale, now)
        _insert(tx, repair.comparisons, _comparisons(scale, now))
        _insert(tx, incidents, _incidents(scale, now))
        _insert(tx, of_users.approvals, _proposals(ids, scale, now))
    _people(store, now)
    _audit(store, scale, now)
    if store.name == "postgresql":  # as its own autovacuum would before long
        with store.engine.connect() as line:
            line.execution_options(isolation_level="AUTOCOMMIT")
            line.exec_driver_sql("SET statement_timeout = 0")  # a large store takes a minute
            line.exec_driver_sql("ANALYZE")
            line.invalidate()


def batched(all_of_them: Iterable[Some], most: int) -> Iterator[list[Some]]:
    """Yield the same in lists of at most so many."""
    rest = iter(all_of_them)
    while some := list(islice(rest, most)):
        yield some


def _insert(tx: Tx, table: sa.Table, rows: Iterable[Row]) -> None:
    for some in batched(rows, AT_ONCE):
        tx.execute(sa.insert(table), some)


def _deliveries(tx: Tx, scale: Scale, now: datetime) -> list[int]:
    """Open the deliveries with their messages and dossiers; return their numbers, dead first."""
    last = tx.execute(sa.select(sa.func.max(deliveries.c.id))).scalar_one()
    of_province = sa.select(journal).where(journal.c.id == _some_message(tx)).limit(1)
    message = dict(tx.execute(of_province).mappings().one())
    a_dossier = dict(tx.execute(sa.select(dossiers).limit(1)).mappings().one())
    lanes, total = scale.lanes, scale.lanes + scale.held
    _insert(tx, dossiers, (_dossier(a_dossier, n, now) for n in range(lanes)))
    _insert(tx, journal, (_message(message, n, scale, now) for n in range(total)))
    _insert(tx, journal, (_parked(message, n, now) for n in range(scale.parked)))
    _insert(tx, deliveries, (_delivery(message["type"], n, scale, now) for n in range(total)))
    _count(tx, total)
    found = sa.select(deliveries.c.id).where(deliveries.c.id > last).order_by(deliveries.c.id)
    return list(tx.execute(found).scalars())


def _some_message(tx: Tx) -> str:
    of_province = sa.select(deliveries.c.message_id).where(deliveries.c.destination == PROVINCIAL)
    return str(tx.execute(of_province.order_by(deliveries.c.id.desc()).limit(1)).scalar_one())


def _count(tx: Tx, change: int) -> None:
    values = {"destination": PROVINCIAL, "state": ACCEPTED, "change": change}
    tx.execute(sa.insert(delivery_count_changes), values)


def _opened(n: int, now: datetime) -> datetime:
    return now - LAST + timedelta(seconds=30 * n)


def _lane(n: int, scale: Scale) -> str:
    """Return the dossier of the n-th delivery: held ones stand behind dead ones."""
    return number(n % scale.lanes)


def _dossier(one: Row, n: int, now: datetime) -> Row:
    sectors = (SECTOR, "G15-TP07", "G15-TN04")
    own = {"number": number(n), "sector": sectors[n % 3], "received_at": now, "status": 4}
    own |= {"due_at": now + timedelta(hours=n % 500 - 100), "finished_at": None}
    return one | own | {"returned_at": None, "status_at": now}


def _message(one: Row, n: int, scale: Scale, now: datetime) -> Row:
    return one | {"id": f"{MARK}-{n}", "key": _lane(n, scale), "recorded_at": _opened(n, now)}


def _parked(one: Row, n: int, now: datetime) -> Row:
    own = {"id": f"{MARK}-parked-{n}", "key": number(n), "recorded_at": now, "state": "parked"}
    return one | own | {"code": "handler_failed", "reason": MARK}


def _delivery(type: str, n: int, scale: Scale, now: datetime) -> Row:
    state = S.DEAD if n < scale.dead else S.AMBIGUOUS if n < scale.lanes else S.HELD
    # Two of three for the same reason, as on the day after a partner's change.
    code = None if state is S.HELD else CODES[0 if n % 3 else n % len(CODES)]
    return {
        "message_id": f"{MARK}-{n}",
        "destination": PROVINCIAL,
        "type": type,
        "lane": _lane(n, scale),
        "state": state.value,
        "attempts": 0 if state is S.HELD else 1,
        "counted": 0,
        "code": code,
        "detail": code and MARK,
        "created_at": _opened(n, now),
        "deadline": now + timedelta(hours=n % 500 - 100),
    }


def _attempt(id: int, now: datetime) -> Row:
    own = {"delivery_id": id, "number": 1, "kind": "send", "started_at": now, "finished_at": now}
    return own | {"outcome": "permanent", "code": CODES[0], "detail": MARK}


def _tasks(ids: Sequence[int], scale: Scale, now: datetime) -> Iterator[Row]:
    kept = scale.open_tasks + scale.closed_tasks
    for n in range(kept + scale.alerts):
        is_alert = n >= kept
        is_open = is_alert or n < scale.open_tasks
        yield {
            "kind": deadline_alerts.KIND if is_alert else "status_differs",
            "subject": number(n % scale.lanes),
            "destination": PROVINCIAL,
            "owner": "ward IT",
            "detail": MARK,
            "repair": MARK,
            "opened_at": now - timedelta(minutes=n),
            "due_at": now + timedelta(minutes=n - 500),
            "closed_at": None if is_open else now,
            "closed_by": None if is_open else MARK,
            "closed_why": None if is_open else MARK,
            "delivery_id": ids[n % scale.dead] if is_alert else None,
        }


def _flow(now: datetime) -> Iterator[Row]:
    for minute in range(int(LAST / timedelta(minutes=1))):
        for partner in PARTNERS:
            at = now - timedelta(minutes=minute + 1)
            own = {"destination": partner, "at": at, "open": minute % 90}
            totals = {"accepted": 5_000_000 - 30 * minute, "delivered": 4_980_000 - 30 * minute}
            times = {"critical_median": 90_000, "critical_95": 400_000 + minute}
            yield own | totals | times | {"needing_person": minute % 700}


def _failures(now: datetime) -> Iterator[Row]:
    for nth in range(int(LAST / timedelta(minutes=5))):
        for code in CODES:
            own = {"destination": PROVINCIAL, "operation": "province.dossier", "code": code}
            yield own | {"at": now - timedelta(minutes=5 * nth + 1), "count": nth % 900}


def _plans(tx: Tx, ids: Sequence[int], scale: Scale, now: datetime) -> None:
    """Make finished plans, and one that is ready, with as many items as a plan may have."""
    chosen = msgspec.json.encode({"destination": PROVINCIAL, "fault": CODES[0]}).decode()
    for nth in range(scale.plans):
        is_last = nth == scale.plans - 1
        row = {"selection": chosen, "made_at": now, "made_by": MARK}
        row |= {"state": repair.MADE if is_last else repair.FINISHED}
        made = sa.insert(repair.replay_plans).values(row).returning(repair.replay_plans.c.number)
        plan = tx.execute(made).scalar_one()
        items = ids[: scale.items] if is_last else ids[:20]
        work = {"plan": plan, "total": len(items), "examined": len(items)}
        work |= {"phase": repair.READY if is_last else repair.OVER, "run_by": "", "run_reason": ""}
        tx.execute(sa.insert(repair.replay_work), work)
        _insert(tx, repair.replay_items, (_item(plan, n, id) for n, id in enumerate(items)))


def _item(plan: int, n: int, id: int) -> Row:
    own = {"plan": plan, "delivery_id": id, "rank": n, "attempts": 1, "fault": CODES[0]}
    verdict = repair.WOULD_SEND if n % 5 else repair.ALREADY_THERE
    return own | {"verdict": verdict, "detail": "", "reference": "", "response_hash": ""}


def _comparisons(scale: Scale, now: datetime) -> Iterator[Row]:
    differences = [
        {
            "kind": "status_differs",
            "subject": number(n),
            "destination": PROVINCIAL,
            "owner": "ward IT",
            "detail": ("Trạng thái khác nhau ở hai bên", "The status differs"),
            "repair": ("Kiểm tra hồ sơ", "Check the dossier"),
        }
        for n in range(scale.differences)
    ]
    result = {"dossiers": 900, "opened": 500, "closed": 0, "unsure": 0, "sha256": ""}
    kept = msgspec.json.encode(result | {"differences": differences}).decode()
    for nth in range(scale.comparisons):
        row = {"day": "2018-08-06", "partner": PROVINCIAL, "by_list": False, "made_at": now}
        row |= {"state": repair.DONE, "made_by": MARK, "examined": 900, "total": 900}
        yield row | {"ended_at": now, "result": kept, "form": f"{MARK}-{nth}"}


def _proposals(ids: Sequence[int], scale: Scale, now: datetime) -> Iterator[Row]:
    for nth, id in enumerate(ids[: scale.proposals]):
        row: Row = {"verb": "delivery.replay.unasked", "terms": b"", "sector": SECTOR}
        row |= {"expected": msgspec.json.encode([[str(id), "dead", ""]]).decode(), "reason": MARK}
        row |= {"partners": f'["{PROVINCIAL}"]', "proposed_at": now, "state": "open"}
        yield row | {"proposer": f"{MARK}-{nth}", "ends_at": now + timedelta(hours=8 + nth)}


def _incidents(scale: Scale, now: datetime) -> Iterator[Row]:
    """Make incidents of which one in ten goes on."""
    numbers = dict.fromkeys(("true_for", "false_for", "waited_for", "since_notified"), 0)
    texts = dict.fromkeys(("about", "notified", "acknowledged_by", "acknowledged_why"), "")
    for nth in range(scale.incidents):
        row = {"rule": MARK, "signal": "disk_free", "subject": str(nth), "severity": "critical"}
        times = {"first_seen_at": now, "seen_at": now, "started_at": now}
        ended = {"ended_at": now if nth % 10 else None, "end_notified": nth % 10 > 0}
        yield row | numbers | texts | times | ended | {"value": 1, "worst": 1, "reminders": 0}


def _people(store: Store, now: datetime) -> None:
    """Add the accounts; one password is hashed for all of them, and nobody signs in by it."""
    for name, role in LOOKING.items():
        add_user(store, name, role=role, password="nobody signs in by this", now=now)
    names = [f"{MARK}-{nth}" for nth in range(OFFICERS)]
    with store.write() as tx:
        one = dict(tx.execute(sa.select(of_users.users).limit(1)).mappings().one())
        tx.execute(sa.insert(of_users.users), [one | {"name": name} for name in names])


def _audit(store: Store, scale: Scale, now: datetime) -> None:
    with store.write(long=True) as tx:
        there = tx.execute(sa.select(sa.func.max(audit_table.c.seq))).scalar() or 0
        for first in range(there, scale.audit_rows, AT_ONCE):
            rows = [
                AuditRow(now, MARK, "delivery.unmask", str(n), "bench", True)
                for n in range(first, min(first + AT_ONCE, scale.audit_rows))
            ]
            audit.record_all(tx, rows)


def remove(store: Store) -> None:
    """Take all of it out again but the rows of the audit; what is not there is no error."""
    with store.write(long=True) as tx:
        gone = 0
        for some in batched(map(number, range(MOST_LANES)), 500):
            lane = deliveries.c.lane.in_(some)
            ids = list(tx.execute(sa.select(deliveries.c.id).where(lane)).scalars())
            gone += len(ids)
            _delete(tx, repair.replay_items.c.delivery_id, ids)
            _delete(tx, attempts.c.delivery_id, ids)
            _delete(tx, deliveries.c.id, ids)
            _delete(tx, journal.c.key, some)
            _delete(tx, repair.tasks.c.subject, some)
            _delete(tx, dossiers.c.number, some)
        if gone:
            _count(tx, -gone)
        _remove_made(tx)


def _remove_made(tx: Tx) -> None:
    own = sa.select(repair.replay_plans.c.number).where(repair.replay_plans.c.made_by == MARK)
    plans = list(tx.execute(own).scalars())
    _delete(tx, repair.replay_work.c.plan, plans)
    _delete(tx, repair.replay_plans.c.number, plans)
    _delete(tx, repair.comparisons.c.made_by, [MARK])
    # A hub that worked beside it has written of them.
    own = sa.select(incidents.c.number).where(incidents.c.rule == MARK)
    _delete(tx, incident_events.c.incident, list(tx.execute(own).scalars()))
    _delete(tx, incidents.c.rule, [MARK])
    people = [*LOOKING, *(f"{MARK}-{nth}" for nth in range(OFFICERS + BAD_DAY.proposals))]
    _delete(tx, of_users.approvals.c.proposer, people)
    for kept in (of_users.user_sessions, of_users.user_recovery_codes):
        _delete(tx, kept.c.user, people)
    _delete(tx, of_users.users.c.name, people)
    for samples in (flow_samples, repair.failure_samples):
        tx.execute(sa.delete(samples))


def _delete(tx: Tx, column: sa.Column[Any], values: Sequence[Any]) -> None:
    for some in batched(values, 500):
        tx.execute(sa.delete(column.table).where(column.in_(some)))


def told(scale: Scale) -> str:
    """Return what there is, in words."""
    return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in asdict(scale).items())
