"""What a simulated database notes by itself, with each write: moves, handlings, the balance.

Triggers keep it up in the transaction that changes what it is about, so that after a write only
what was written has to be looked at, and nothing of a transaction that was rolled back stays.
"""

from collections.abc import Iterator

from hub.rules.deliveries.states import MOVES
from tests.simulation.promises.promise import UNKNOWN_MOVE

_MOVES = " OR ".join(
    f"(OLD.state = '{source}' AND NEW.state = '{target}')"
    for source, targets in MOVES.items()
    for target in targets
)
_OF_MOVES = (
    """
    CREATE TABLE sim_moves (
        source TEXT, target TEXT, count INTEGER, PRIMARY KEY (source, target)
    ) WITHOUT ROWID
    """,
    f"""
    CREATE TRIGGER sim_legal BEFORE UPDATE OF state ON deliveries
    WHEN OLD.state <> NEW.state AND NOT ({_MOVES})
    BEGIN SELECT RAISE(ABORT, '{UNKNOWN_MOVE}'); END
    """,
    """
    CREATE TRIGGER sim_moved AFTER UPDATE OF state ON deliveries WHEN OLD.state <> NEW.state
    BEGIN
        INSERT INTO sim_moves VALUES (OLD.state, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    END
    """,
)
_OF_HANDLINGS = (
    "CREATE TABLE sim_handled (message_id TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID",
    "CREATE INDEX sim_repeated ON sim_handled (times) WHERE times > 1",
)
_OF_WRITES = (
    # deliveries in the order in which they were written, and the state of each before that
    "CREATE TABLE sim_touched (seq INTEGER PRIMARY KEY, id INTEGER, was TEXT)",
    *(
        f"""
        CREATE TRIGGER sim_touched_{event} AFTER {event} ON deliveries
        BEGIN INSERT INTO sim_touched (id, was) VALUES (NEW.id, {was}); END
        """  # noqa: S608 - written here
        for event, was in (("insert", "NULL"), ("update", "OLD.state"))
    ),
)


def _balance() -> Iterator[str]:
    """Yield what keeps up the kept counts less the rows that they count: nothing may be off."""
    columns = "destination TEXT, state TEXT, off INTEGER, PRIMARY KEY (destination, state)"
    yield f"CREATE TABLE sim_balance ({columns}) WITHOUT ROWID"
    for table, column in (("delivery_counts", "count"), ("delivery_count_changes", "change")):
        for event, row, sign in _SIGNS:
            yield _adding(event, table, row, f"{row}.state", f"{sign}{row}.{column}")
    # each row is accepted, and in one state; a change of its state changes the second only
    for event, row, sign in _SIGNS[:2]:
        against = "-1" if sign == "+" else "1"
        yield _adding(event, "deliveries", row, "'accepted'", against)
    for event, row, sign in _SIGNS:
        against = "-1" if sign == "+" else "1"
        yield _adding(event, "deliveries", row, f"{row}.state", against)


_SIGNS = (
    ("INSERT", "NEW", "+"),
    ("DELETE", "OLD", "-"),
    ("UPDATE", "NEW", "+"),
    ("UPDATE", "OLD", "-"),
)


def _adding(event: str, table: str, row: str, state: str, change: str) -> str:
    """Return the trigger that adds a row's share to the balance of its destination and state."""
    kind = "accepted" if state == "'accepted'" else "state"
    moves = table == "deliveries" and event == "UPDATE"
    of, when = ("OF state", "WHEN OLD.state <> NEW.state") if moves else ("", "")
    return f"""
    CREATE TRIGGER sim_{table}_{event}_{row}_{kind} AFTER {event} {of} ON {table} {when}
    BEGIN
        INSERT INTO sim_balance VALUES ({row}.destination, {state}, {change})
        ON CONFLICT DO UPDATE SET off = off + excluded.off;
    END
    """  # noqa: S608 - written here


STATEMENTS = (*_OF_MOVES, *_OF_HANDLINGS, *_OF_WRITES, *_balance())
