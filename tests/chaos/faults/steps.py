"""Every step at which something can stay half done: whose it is, and what it holds at that moment.

`holds` is the rule of the matrix: a fault is tried at a step when the step holds something that the
fault can hurt. What is left out is named with its reason, see `LEFT_OUT` in `single_faults.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from hub.runtime.failpoints import Point


class Hold(StrEnum):
    """What a step can have in hand."""

    LIFE = "life"
    """Its process. Every step of a role has one."""
    BROKER = "broker"
    """A message that is not acknowledged, or confirmed and not forgotten."""
    DATABASE = "database"
    """A transaction that is open, has just been committed or comes next; of the archive, the one
    that makes a file count and those that delete."""
    FILES = "files"
    """A file without a message."""
    PARTNER = "partner"
    """Something that a partner is about to be told, or waits for."""
    TIME = "time"
    """A lease, a reservation or a time that was read from the clock."""
    TURN = "turn"
    """What others take over, or the database takes away, when it stands still for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One point, in words."""

    point: Point
    role: str
    """The role whose process passes it; "" for a command of an operator."""
    words: str
    holds: frozenset[Hold]
    alone: bool = False
    """Whether what leads there keeps other roles from their steps, or is kept by them from it."""


def _step(point: Point, role: str, words: str, *holds: Hold, alone: bool = False) -> Step:
    life = [Hold.LIFE] if role else []
    return Step(point=point, role=role, words=words, holds=frozenset([*life, *holds]), alone=alone)


def _archive(point: Point, words: str, *holds: Hold) -> Step:
    return _step(point, "timer", words, *holds, alone=True)


_B, _D, _F, _P, _TIME, _TURN = list(Hold)[1:]
STEPS = (
    _step(
        Point.TIMER_AFTER_COMMIT, "timer", "the_timer_has_asked_and_woken_nobody", _D, _TIME, _TURN
    ),
    _step(Point.TIMER_AFTER_SWEEP, "timer", "the_timer_has_swept_and_not_asked", _D, _TIME, _TURN),
    _step(
        Point.RECONCILE_AFTER_TAKE,
        "reconcile",
        "reconcile_has_reserved_and_not_asked",
        *(_D, _P, _TIME, _TURN),
    ),
    _step(
        Point.RECONCILE_AFTER_FIND,
        "reconcile",
        "reconcile_holds_the_partners_word",
        *(_D, _TIME, _TURN),
    ),
    _step(
        Point.DELIVER_AFTER_CLAIM,
        "deliver",
        "deliver_has_claims_that_never_went_out",
        *(_B, _D, _P, _TIME, _TURN),
    ),
    _step(
        Point.DELIVER_AFTER_REPLY,
        "deliver",
        "deliver_holds_the_partners_answer",
        *(_B, _D, _TIME, _TURN),
    ),
    _step(
        Point.DELIVER_AFTER_SETTLE,
        "deliver",
        "deliver_has_settled_and_not_acknowledged",
        *(_B, _D),
    ),
    _step(
        Point.DELIVER_AFTER_SET_ASIDE,
        "deliver",
        "deliver_has_laid_aside_and_not_acknowledged",
        *(_B, _D, _P, _TIME),
        alone=True,
    ),
    _step(
        Point.PAUSE_AFTER_CLEAR,
        "deliver",
        "deliver_has_ended_a_pause_and_recalled_nothing",
        *(_D, _P, _TIME),
        alone=True,
    ),
    _step(
        Point.RECEIVE_AFTER_COMMIT, "receive", "receive_has_handled_and_not_acknowledged", _B, _D
    ),
    _step(
        Point.RELAY_AFTER_PUBLISH,
        "relay",
        "the_relay_has_published_and_not_forgotten",
        *(_B, _D, _TURN),
    ),
    _step(Point.ACCEPT_AFTER_COMMIT, "gateway", "the_gateway_has_accepted_and_not_answered", _D),
    _step(Point.BLOB_AFTER_WRITE, "gateway", "the_gateway_has_a_file_and_no_message", _D, _F),
    _step(
        Point.CALLBACK_BEFORE_REPLY,
        "gateway",
        "the_gateway_has_the_towns_step_and_not_answered",
        *(_D, _P),
        alone=True,
    ),
    _archive(Point.ARCHIVE_AFTER_BEGIN, "the_archive_has_begun_a_file"),
    _archive(Point.ARCHIVE_AFTER_WRITE, "the_archive_has_written_a_file_without_a_name"),
    _archive(Point.ARCHIVE_AFTER_RENAME, "the_archive_has_named_a_file_that_is_not_recorded", _D),
    _archive(Point.ARCHIVE_AFTER_RECORD, "the_archive_has_recorded_a_file"),
    _archive(Point.ARCHIVE_AFTER_COMPARE, "the_archive_has_read_a_file_back"),
    _archive(Point.ARCHIVE_BETWEEN_BATCHES, "the_archive_has_deleted_some_dossiers", _D),
    _archive(Point.ARCHIVE_BEFORE_FILES, "the_archive_has_not_removed_stored_files"),
    _step(Point.REPLAY_BETWEEN_ITEMS, "", "a_replay_is_between_two_items"),
    _step(Point.ERASE_BETWEEN_BATCHES, "", "erasing_is_between_two_batches"),
    _step(Point.RESTORE_AFTER_FILES, "", "a_restored_dossier_has_its_files_and_no_rows"),
)
"""In the order in which they can be reached: a role that stands brings no work to those after it
in the way of a message, so whoever is last in that way comes first."""


def rounds(steps: Sequence[Step]) -> list[list[Step]]:
    """Return groups of steps that can stand at once: one of each role, in the order of STEPS."""
    of_role: dict[str, list[Step]] = {}
    for step in steps:
        if not step.alone:
            of_role.setdefault(step.role, []).append(step)
    together = [[step for step in row if step] for row in zip_longest(*of_role.values())]
    return [*together, *([step] for step in steps if step.alone)]
