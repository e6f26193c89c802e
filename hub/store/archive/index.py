"""What is known here of dossiers that were archived, and the keys with which they are sealed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store.engine.store import Tx, insert_for
from hub.store.schema.tables.archive import archived_dossiers, dossier_keys
from hub.store.statements.compiled import Compiled, any_of, columns_of

_COLUMNS = columns_of(archived_dossiers, "erase_again")
_READ = sa.select(*(archived_dossiers.c[name] for name in _COLUMNS))
_GET = Compiled(_READ.where(archived_dossiers.c.number == sa.bindparam("which")))
_ALL = Compiled(_READ.where(any_of(archived_dossiers.c.number, "numbers")))
_ADD = Compiled(sa.insert(archived_dossiers), columns=_COLUMNS)
_ADD_KEY = Compiled(
    lambda dialect: insert_for(dialect, dossier_keys).on_conflict_do_nothing(),
    columns=columns_of(dossier_keys),
)
_KEYS = Compiled(
    sa.select(dossier_keys.c.number, dossier_keys.c.key).where(
        any_of(dossier_keys.c.number, "numbers")
    )
)
_LOCK = Compiled(
    sa.select(archived_dossiers.c.number)
    .where(any_of(archived_dossiers.c.number, "numbers"))
    .order_by(archived_dossiers.c.number)
    .with_for_update()
)
_KNOWN = Compiled(
    sa.select(archived_dossiers.c.number).where(any_of(archived_dossiers.c.number, "numbers"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """Where an archived dossier is: the lines of a file from `place` on, `length` bytes of it."""

    number: str
    file: int
    place: int
    length: int
    sha256: str
    """Of those bytes."""
    status: int
    received_at: datetime
    due_at: datetime
    finished_at: datetime | None
    closed_at: datetime
    """Since when it had been closed and quiet."""
    archived_at: datetime
    erased_at: datetime | None = None
    """When its key was deleted: since then only its evidence is left."""


def add(tx: Tx, archived: Iterable[Archived]) -> None:
    """Record dossiers whose rows are deleted in the same transaction."""
    _ADD.run_each(tx, [asdict(one) for one in archived])


def get(tx: Tx, number: str) -> Archived | None:
    """Return where a dossier is archived, None when it is not."""
    row = _GET.one_or_none(tx, {"which": number})
    return Archived(**row._asdict()) if row else None


def all_of(tx: Tx, numbers: Collection[str]) -> list[Archived]:
    """Return those of the dossiers that are archived."""
    return [Archived(**row._asdict()) for row in _ALL.all(tx, {"numbers": list(numbers)})]


def known(tx: Tx, numbers: Collection[str]) -> set[str]:
    """Return those of the numbers that are archived."""
    return set(_KNOWN.scalars(tx, {"numbers": list(numbers)}))


def lock(tx: Tx, numbers: Collection[str]) -> set[str]:
    """Return those of the numbers that are archived, locked against erasing, holds, restoring."""
    return set(_LOCK.scalars(tx, {"numbers": list(numbers)}))


def remove(tx: Tx, number: str) -> None:
    """Forget that a dossier is archived: its rows are back."""
    tx.execute(sa.delete(archived_dossiers).where(archived_dossiers.c.number == number))


def make_keys(tx: Tx, fresh: Mapping[str, bytes], *, now: datetime) -> dict[str, bytes]:
    """Keep a key for each dossier that has none; return the key of each."""
    rows = [{"number": number, "key": key, "made_at": now} for number, key in fresh.items()]
    _ADD_KEY.run_each(tx, rows)
    return keys(tx, fresh)


def keys(tx: Tx, numbers: Collection[str]) -> dict[str, bytes]:
    """Return the keys of those of the dossiers that have one."""
    return {row.number: bytes(row.key) for row in _KEYS.all(tx, {"numbers": list(numbers)})}


def erase(tx: Tx, number: str, *, now: datetime) -> bool:
    """Delete the key of a dossier; tell whether there was one.

    Of one that was erased before it was archived the key stays: it seals evidence only.
    """
    erased = sa.exists().where(
        archived_dossiers.c.number == number, archived_dossiers.c.erased_at.is_not(None)
    )
    if tx.execute(sa.select(erased)).scalar_one():
        return False
    gone = tx.execute(sa.delete(dossier_keys).where(dossier_keys.c.number == number)).rowcount
    marked = sa.update(archived_dossiers).where(
        archived_dossiers.c.number == number, archived_dossiers.c.erased_at.is_(None)
    )
    tx.execute(marked.values(erased_at=now))
    return gone == 1


def of_file(tx: Tx, seq: int) -> int:
    """Return how many dossiers are archived in a file."""
    query = (
        sa.select(sa.func.count())
        .select_from(archived_dossiers)
        .where(archived_dossiers.c.file == seq)
    )
    return tx.execute(query).scalar_one()
