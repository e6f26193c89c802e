"""The last place of the spool, and the next number of a device: where each event begins."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What has to be sent to the hub."""

    message_id: str
    device: str
    body: bytes
    """The message in its wire form."""
    spooled_at: float
    """In seconds of the system's clock: also of an event that was in the spool before."""


def append(tx: sqlite3.Connection, event: NewEvent, files: Collection[str]) -> None:
    """Store an event behind all others. `files`: by their sha256, all in the spool already."""
    place = tx.execute(
        "INSERT INTO events (message_id, device, sequence, body, spooled_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            event.message_id,
            event.device,
            next_sequence(tx, event.device),
            event.body,
            event.spooled_at,
        ),
    ).lastrowid
    rows = ((place, sha256) for sha256 in files)
    tx.executemany("INSERT INTO event_files VALUES (?, ?)", rows)


def next_sequence(tx: sqlite3.Connection, device: str) -> int:
    """Return the next number of a device, which no other event gets."""
    tx.execute(
        "INSERT INTO sequences VALUES (?, 1) ON CONFLICT (device) DO UPDATE SET last = last + 1",
        (device,),
    )
    found = tx.execute("SELECT last FROM sequences WHERE device = ?", (device,)).fetchone()
    return int(found[0])
