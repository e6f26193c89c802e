"""Failpoints: named steps of the exchange at which a drill can end or stop the process.

Free when unused: nothing is armed unless HUB_FAILPOINTS says so, or the file of HUB_DRILL_POINTS,
and both are refused without HUB_DRILL=on. An armed point strikes once, at its n-th pass. A real
SIGKILL is used, not an exception: nothing is flushed, closed or rolled back by us, as in a power
cut.
"""

import os
import signal
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hub.texts import text


class Point(StrEnum):
    """Every step that can be struck; the line below each says what has happened by then."""

    ACCEPT_AFTER_COMMIT = "accept_after_commit"
    """The message is durable, its sender has no answer yet."""
    BLOB_AFTER_WRITE = "blob_after_write"
    """A file is in the file store, no message refers to it yet."""
    CALLBACK_BEFORE_REPLY = "callback_before_reply"
    """A step of the town is durable, the town has no acknowledgement yet."""
    RELAY_AFTER_PUBLISH = "relay_after_publish"
    """The broker confirmed a batch, it still stands in the outbox."""
    RECEIVE_AFTER_COMMIT = "receive_after_commit"
    """A batch is handled, the broker has no acknowledgement yet."""
    TIMER_AFTER_COMMIT = "timer_after_commit"
    """Work that is due was asked for, nobody was woken yet."""
    TIMER_AFTER_SWEEP = "timer_after_sweep"
    """What should not happen was repaired, what is due was not looked for yet."""
    DELIVER_AFTER_CLAIM = "deliver_after_claim"
    """Deliveries are claimed, no call has begun."""
    DELIVER_AFTER_REPLY = "deliver_after_reply"
    """The partner has answered, nothing is recorded of it."""
    DELIVER_AFTER_SETTLE = "deliver_after_settle"
    """The outcome is recorded, the broker has no acknowledgement yet."""
    DELIVER_AFTER_SET_ASIDE = "deliver_after_shelve"
    """What may not go now is laid aside, the broker has no acknowledgement yet."""
    PAUSE_AFTER_CLEAR = "pause_after_lift"
    """A pause has ended in the store, what was laid aside for it was not recalled yet."""
    RECONCILE_AFTER_TAKE = "reconcile_after_take"
    """Doubtful deliveries are reserved for a while, the partner was not asked yet."""
    RECONCILE_AFTER_FIND = "reconcile_after_find"
    """The partner has told that it holds what was sent, nothing is recorded of that."""
    REPLAY_BETWEEN_ITEMS = "replay_between_items"
    """One item of a replay plan is carried out, the next was not begun."""
    ARCHIVE_AFTER_BEGIN = "archive_after_begin"
    """The store knows of an archive file that is about to be written."""
    ARCHIVE_AFTER_WRITE = "archive_after_write"
    """An archive file is whole and synced, under its temporary name."""
    ARCHIVE_AFTER_RENAME = "archive_after_rename"
    """It has its name and its manifest, the store does not know that it is complete."""
    ARCHIVE_AFTER_RECORD = "archive_after_record"
    """The store knows that it is complete, nothing of it was read back."""
    ARCHIVE_AFTER_COMPARE = "archive_after_compare"
    """It was read back and is equal to the database, nothing is deleted."""
    ARCHIVE_BETWEEN_BATCHES = "archive_between_batches"
    """The rows of some of its dossiers are deleted, those of the others are not."""
    ARCHIVE_BEFORE_FILES = "archive_before_files"
    """Rows are gone, the stored files that nobody needs any more are not."""
    ERASE_BETWEEN_BATCHES = "erase_between_batches"
    """The personal data of some dossiers is erased, that of the others is not."""
    RESTORE_AFTER_FILES = "restore_after_files"
    """The stored files of an archived dossier are back, its rows are not."""


_ACTIONS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass(slots=True)
class _Armed:
    signal: signal.Signals
    passes: int
    """How many passes are left; the last one strikes."""


_armed: dict[str, _Armed] = {}
_file: Path | None = None
_armed_text = ""
"""What stood in the file the last time."""
_lock = threading.Lock()


def arm(points: str) -> None:
    """Arm what `points` names and disarm the rest: "name=kill@3,name2=stop@1", or "".

    Raises ValueError with every mistake.
    """
    found = _parse(points)
    with _lock:
        _armed.clear()
        _armed.update(found)


def watch_file(file: str) -> None:
    """From now on arm what stands in `file` whenever that changes; "" for none.

    So a drill can strike again and again without starting the process anew.
    """
    global _file, _armed_text
    with _lock:
        _file, _armed_text = (Path(file) if file else None), ""


def check(points: str) -> str:
    """Return what is wrong with such a text, "" when it is right."""
    try:
        _parse(points)
    except ValueError as error:
        return str(error)
    return ""


def passing(point: Point) -> None:
    """Mark a pass; does nothing unless a drill has armed this point."""
    if _armed or _file:
        _pass(point)


def _pass(point: Point) -> None:
    with _lock:
        _reload_file()
        armed = _armed.get(point)
        if armed is None:
            return
        armed.passes -= 1
        if armed.passes:
            return
        del _armed[point]
    os.kill(os.getpid(), armed.signal)


def _reload_file() -> None:
    """Read the file, if there is one; the lock is held."""
    global _armed_text
    if _file is None:
        return
    content = _file.read_text(encoding="ascii") if _file.exists() else ""
    if content != _armed_text:
        _armed_text = content
        _armed.clear()
        _armed.update(_parse(content))


def _parse(armed: str) -> dict[str, _Armed]:
    found, mistakes = {}, []
    for part in filter(None, (word.strip() for word in armed.split(","))):
        name, _, rest = part.partition("=")
        action, _, passes = rest.partition("@")
        if name not in set(Point):
            mistakes.append(text("settings_problems.no_failpoint", name=repr(name)))
        elif action not in _ACTIONS or not (passes or "1").isdecimal() or passes == "0":
            mistakes.append(text("settings_problems.failpoint_form", part=repr(part)))
        else:
            found[name] = _Armed(_ACTIONS[action], int(passes or "1"))
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return found
