"""Ends personal data: by age, or of one dossier by a person's decision.

In the database bodies, applicant, notes and names go, stored files too; of an archived dossier the
key goes, and with it all of it in every copy of the file. Evidence stays: hashes, sizes, times,
states, hand-overs, audit. A dossier with a legal hold, or one that is not settled, is left alone.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.operations.archive.config import Archive
from hub.operations.archive.run.batches import batches
from hub.operations.archive.run.deleting import BATCH
from hub.operations.signed_by import SignedBy
from hub.records.deadlines.calendar import local
from hub.rules.retention.ends import KeepReason, month_after, why_kept
from hub.runtime.failpoints import Point, passing
from hub.store.archive import candidates, erasing, holds, index, references, rows
from hub.store.archive.pages.positions import Place
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.messages.blobs import BlobStore
from hub.store.schema.tables.exchange import STATE_PARKED

AT_ONCE = 20
"""Dossiers that are looked for at once; how many one transaction erases, their rows decide."""
FILES_AT_ONCE = 200


class NotErased(Exception):
    """A dossier may not be erased: `why`, None where there is no such dossier."""

    def __init__(self, number: str, why: KeepReason | None) -> None:
        super().__init__(f"{number}: {why or 'there is no such dossier'}")
        self.number, self.why = number, why


def erase_due(
    archive: Archive,
    *,
    give_way: Callable[[], None],
    again: bool,
    keep: Callable[[str, KeepReason], None] = lambda *_: None,
) -> Iterator[int]:
    """Erase what is old enough, here and in the archive; yield how many at a time.

    What something keeps is put off; `again`: look also at what was put off, and put off nothing.
    `keep` is told the archived dossiers that stay, and why; those in the database are told by what
    archives.
    """
    before = archive.clock() - archive.personal
    until = month_after(local(before)) if again else before
    for order, erase_some, limit, sizes_of in (
        (candidates.TO_ERASE, _erase_here, AT_ONCE, rows.sizes),
        (candidates.ARCHIVED_TO_ERASE, _erase_archived, FILES_AT_ONCE, _one_each),
    ):
        place = Place()
        while True:
            with archive.store.read() as tx:
                found = order.page(tx, before=before, until=until, after=place, limit=limit)
                sizes = sizes_of(tx, [it.number for it in found])
            if not found:
                break
            place = found[-1]
            for numbers in batches(sizes, sizes.__getitem__, most=BATCH):
                give_way()
                with archive.store.write() as tx:
                    erased = erase_some(archive, tx, numbers, before)
                    if not again:
                        order.put_off(tx, erased.later)
                passing(Point.ERASE_BETWEEN_BATCHES)
                for number, why in erased.kept.items():
                    keep(number, why)
                yield erased.count


def _one_each(_: Tx, numbers: list[str]) -> dict[str, int]:
    return dict.fromkeys(numbers, 1)


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of some dossiers that are old enough."""

    count: int
    later: dict[str, datetime]
    """Until when each of those is put off that something keeps."""
    kept: dict[str, KeepReason]
    """What keeps those that are told."""


def _erase_here(archive: Archive, tx: Tx, numbers: list[str], before: datetime) -> Erased:
    """Erase those of the dossiers in the database that nothing keeps."""
    loaded, now = rows.load(tx, numbers, lock=True), archive.clock()
    on_hold = candidates.on_hold(tx, numbers)  # behind the lock: who places one waits for it
    free, later = [], {}
    for here in loaded:
        facts = candidates.facts_of(here, on_hold=here.number in on_hold)
        if why := why_kept(facts, before=before):
            later[here.number] = archive.recheck_at(facts, why, before=before)
        else:
            free.append(here.number)
    references.mark_unneeded(tx, free, now=now)
    for number in free:
        erasing.erase(tx, number, now=now)
        index.erase(tx, number, now=now)
    return Erased(len(free), later, {})


def _erase_archived(archive: Archive, tx: Tx, numbers: list[str], before: datetime) -> Erased:
    """Delete the keys of those of the archived dossiers that nothing keeps."""
    there = index.lock(tx, numbers)
    kept = {it: _why_waits(states) for it, states in erasing.waited_for(tx, there).items()}
    kept |= dict.fromkeys(candidates.on_hold(tx, there), KeepReason.LEGAL_HOLD)
    free = sorted(there - kept.keys())
    for number in free:
        erasing.empty_bodies(tx, number)
        index.erase(tx, number, now=archive.clock())
    return Erased(len(free), dict.fromkeys(kept, month_after(local(before))), kept)


def _why_waits(states: Collection[str]) -> KeepReason:
    return KeepReason.MESSAGE_PARKED if STATE_PARKED in states else KeepReason.MESSAGE_WAITS


def erase_one(store: Store, number: str, by: SignedBy) -> bool:
    """Erase one dossier because a person decided so; False when it was erased before.

    Raises NotErased: the dossier is not known, not settled, or has a legal hold. Its stored files
    are only marked: `remove_files` comes next.
    """
    now = by["now"]
    with store.write() as tx:
        loaded = rows.load(tx, [number], lock=True)
        archived = index.lock(tx, [number])
        if holds.has(tx, number):
            raise NotErased(number, KeepReason.LEGAL_HOLD)
        if not loaded and not archived:
            raise NotErased(number, None)
        if waiting := erasing.waited_for(tx, archived):
            raise NotErased(number, _why_waits(waiting[number]))
        for here in loaded:
            why = why_kept(candidates.facts_of(here, on_hold=False), before=now)
            if why not in (None, KeepReason.TOO_YOUNG):
                raise NotErased(number, why)
            references.mark_unneeded(tx, [number], now=now)
        done = erasing.erase(tx, number, now=now) if loaded else False
        erasing.empty_bodies(tx, number)
        done |= index.erase(tx, number, now=now)
        if done:
            audit.record(
                tx, by["actor"], "dossier.erase", object=number, reason=by["reason"], now=now
            )
    return done


def remove_files(
    store: Store, files: BlobStore, *, untouched: timedelta, give_way: Callable[[], None]
) -> int:
    """Remove stored files that were marked and that nobody needs; return how many.

    For the process that leads: two that remove the same file could lose one that was touched.
    """
    after, count = "", 0
    awaited: set[str] | None = None
    while True:
        give_way()
        with store.read() as tx:
            marked = references.unneeded(tx, after=after, limit=FILES_AT_ONCE)
            if not marked:
                return count
            if awaited is None:  # a message that comes later touches its files
                awaited = references.awaited(tx)
            needed = references.shown(tx, marked) | (awaited & set(marked))
        after = marked[-1]
        for sha256 in needed:
            files.put_back(sha256)
        removed = [
            sha256
            for sha256 in marked
            if sha256 not in needed and files.remove(sha256, untouched=untouched)
        ]
        with store.write() as tx:
            references.keep(tx, needed)
            # One that was stored anew meanwhile is known to be here.
            references.forget(tx, [it for it in removed if not files.place(it).is_file()])
        count += len(removed)
