"""Ends personal data: by age, or of one dossier by a person's decision.

In the database bodies, applicant, notes and names go, stored files too; of an archived dossier the
key goes, and with it all of it in every copy of the file. Evidence stays: hashes, sizes, times,
states, hand-overs, audit. A dossier with a legal hold, or one that is not settled, is left alone.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from hub.failpoints import Point, passing
from hub.operations.archive.config import Archive
from hub.operations.by import By
from hub.records.calendar import local
from hub.rules.retention import Kept, month_after, why_kept
from hub.store import audit
from hub.store.archive import candidates, erasing, holds, index, references, rows
from hub.store.archive.places import Place
from hub.store.blobs import BlobStore
from hub.store.engine import Store, Tx

AT_ONCE = 20
"""Dossiers in one transaction: about a thousand rows."""
FILES_AT_ONCE = 200


class NotErased(Exception):
    """A dossier may not be erased, or is not known; says why."""


def erase_due(archive: Archive, *, give_way: Callable[[], None], again: bool) -> Iterator[int]:
    """Erase what is old enough, here and in the archive; yield how many at a time.

    What something keeps is put off; `again`: look also at what was put off, and put off nothing.
    """
    before = archive.clock() - archive.personal
    until = month_after(local(before)) if again else before
    for order, erase_page, limit in (
        (candidates.TO_ERASE, _erase_here, AT_ONCE),
        (candidates.ARCHIVED_TO_ERASE, _erase_archived, FILES_AT_ONCE),
    ):
        place = Place()
        while True:
            give_way()
            with archive.store.write() as tx:
                found = order.page(tx, before=before, until=until, after=place, limit=limit)
                count, later = erase_page(archive, tx, [it.number for it in found], before)
                if not again:
                    order.put_off(tx, later)
            if not found:
                break
            place = found[-1]
            passing(Point.ERASE_BETWEEN_BATCHES)
            yield count


Erased = tuple[int, dict[str, datetime]]
"""How many were erased; until when each of those is put off that something keeps."""


def _erase_here(archive: Archive, tx: Tx, numbers: list[str], before: datetime) -> Erased:
    """Erase those of the dossiers in the database that nothing keeps."""
    loaded, now = rows.load(tx, numbers, lock=True), archive.clock()
    held = candidates.on_hold(tx, numbers)  # behind the lock: who places one waits for it
    free, later = [], {}
    for here in loaded:
        standing = candidates.standing(here, on_hold=here.number in held)
        if why := why_kept(standing, before=before):
            later[here.number] = archive.look_again(standing, why, before=before)
        else:
            free.append(here.number)
    references.mark_unneeded(tx, free, now=now)
    for number in free:
        erasing.erase(tx, number, now=now)
        index.erase(tx, number, now=now)
    return len(free), later


def _erase_archived(archive: Archive, tx: Tx, numbers: list[str], before: datetime) -> Erased:
    """Delete the keys of those of the archived dossiers that nothing keeps."""
    there = index.lock(tx, numbers)
    kept = candidates.on_hold(tx, there) | erasing.waited_for(tx, there)
    free = sorted(there - kept)
    for number in free:
        erasing.empty_bodies(tx, number)
        index.erase(tx, number, now=archive.clock())
    return len(free), dict.fromkeys(kept, month_after(local(before)))


def erase_one(store: Store, number: str, by: By) -> bool:
    """Erase one dossier because a person decided so; False when it was erased before.

    Raises NotErased: it is not known, not settled, or has a legal hold. Its stored files are only
    marked: `remove_files` comes next.
    """
    now = by["now"]
    with store.write() as tx:
        loaded = rows.load(tx, [number], lock=True)
        archived = index.lock(tx, [number])
        if holds.has(tx, number):
            raise NotErased(f"{number}: {Kept.LEGAL_HOLD}")
        if not loaded and not archived:
            raise NotErased(f"{number}: there is no such dossier")
        if archived and erasing.waited_for(tx, archived):
            raise NotErased(f"{number}: {Kept.MESSAGE_PARKED}")
        for here in loaded:
            why = why_kept(candidates.standing(here, on_hold=False), before=now)
            if why not in (None, Kept.TOO_YOUNG):
                raise NotErased(f"{number}: {why}")
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
    while True:
        give_way()
        with store.read() as tx:
            marked = references.unneeded(tx, after=after, limit=FILES_AT_ONCE)
            needed = references.needed(tx, marked)
        if not marked:
            return count
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
