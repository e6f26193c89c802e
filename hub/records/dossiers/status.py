"""The national status axis of a dossier (trạng thái hồ sơ, 1 to 10) and its guard.

The guard decides whether an event may move a dossier. An event that it does not apply is kept and
shown, never lost. It knows nothing of the inter-level leg, which is an axis of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.messages.payloads import Status

S = Status


class Decision(StrEnum):
    """What becomes of an event."""

    APPLY = "apply"
    IGNORE_DUPLICATE = "ignore_duplicate"
    IGNORE_BACKWARDS = "ignore_backwards"


@dataclass(frozen=True, slots=True)
class StatusDecision:
    """A decision, and for an event that is not applied the reason in a few words."""

    decision: Decision
    reason: str = ""

    @property
    def applies(self) -> bool:
        """Whether the event moves the dossier."""
        return self.decision is Decision.APPLY


class StatusGroup(StrEnum):
    """How the status counts in reports."""

    OPEN = "open"
    PAUSED = "paused"
    """The clock stands (tạm dừng xử lý)."""
    FINISHED = "finished"


GROUPS: dict[Status, StatusGroup] = {
    S.REGISTERED: StatusGroup.OPEN,
    S.ACCEPTED: StatusGroup.OPEN,
    S.REFUSED: StatusGroup.FINISHED,
    S.PROCESSING: StatusGroup.OPEN,
    S.SUPPLEMENT_REQUESTED: StatusGroup.PAUSED,
    S.PAYMENT_REQUESTED: StatusGroup.PAUSED,
    S.WITHDRAWN: StatusGroup.FINISHED,
    S.STOPPED: StatusGroup.PAUSED,
    S.FINISHED: StatusGroup.FINISHED,
    S.RETURNED: StatusGroup.FINISHED,
}

LABELS: dict[Status, tuple[str, str]] = {
    S.REGISTERED: ("Mới đăng ký", "Registered"),
    S.ACCEPTED: ("Được tiếp nhận", "Accepted"),
    S.REFUSED: ("Không được tiếp nhận", "Refused"),
    S.PROCESSING: ("Đang xử lý", "In process"),
    S.SUPPLEMENT_REQUESTED: ("Yêu cầu bổ sung giấy tờ", "Supplement requested"),
    S.PAYMENT_REQUESTED: ("Yêu cầu thực hiện nghĩa vụ tài chính", "Payment requested"),
    S.WITHDRAWN: ("Công dân yêu cầu rút hồ sơ", "Withdrawn"),
    S.STOPPED: ("Dừng xử lý", "Stopped"),
    S.FINISHED: ("Đã xử lý xong", "Finished"),
    S.RETURNED: ("Đã trả kết quả", "Result returned"),
}
"""The official Vietnamese name and a plain English one."""

_ENDINGS = frozenset({S.WITHDRAWN, S.STOPPED, S.FINISHED, S.RETURNED})

MOVES: dict[Status, frozenset[Status]] = {
    S.REGISTERED: frozenset(S) - {S.REGISTERED, S.STOPPED, S.FINISHED, S.RETURNED},
    S.ACCEPTED: frozenset(S) - {S.REGISTERED, S.ACCEPTED},
    S.PROCESSING: frozenset({S.PROCESSING, S.SUPPLEMENT_REQUESTED, S.PAYMENT_REQUESTED}) | _ENDINGS,
    S.SUPPLEMENT_REQUESTED: frozenset({S.ACCEPTED, S.REFUSED, S.PROCESSING, S.PAYMENT_REQUESTED})
    | _ENDINGS,
    S.PAYMENT_REQUESTED: frozenset({S.PROCESSING, S.SUPPLEMENT_REQUESTED}) | _ENDINGS,
    S.STOPPED: frozenset({S.RETURNED}),
    S.FINISHED: frozenset({S.SUPPLEMENT_REQUESTED, S.RETURNED}),
    S.REFUSED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.RETURNED: frozenset(),
}
"""Every legal move. Steps may be skipped forward, because the event between may never come."""

_BOTH_WAYS = frozenset({S.PROCESSING, S.SUPPLEMENT_REQUESTED, S.PAYMENT_REQUESTED})
"""A dossier goes to and fro between these: only the time tells a new event from an old one."""

_APPLIES = StatusDecision(Decision.APPLY)


def decide(
    current: Status,
    new: Status,
    *,
    at: datetime,
    current_at: datetime,
    resumes: bool = False,
) -> StatusDecision:
    """Return whether an event `new` of time `at` moves a dossier that is `current` since then.

    `resumes` says that what the dossier waited for has come (the town reports "supplemented", an
    officer takes the work up again); without it "in process" does not end a wait for papers,
    because a department that passes a dossier on says "in process" too.
    """
    if new is current and new is not S.PROCESSING:
        return StatusDecision(Decision.IGNORE_DUPLICATE, f"already {int(current)}")
    if new not in MOVES[current]:
        return _backwards(current, new, "no such move")
    if current is S.SUPPLEMENT_REQUESTED and new in (S.PROCESSING, S.ACCEPTED) and not resumes:
        return _backwards(current, new, "the papers asked for have not come")
    if _needs_order(current, new) and at < current_at:
        return _backwards(current, new, "older than the present status")
    return _APPLIES


def _needs_order(current: Status, new: Status) -> bool:
    return new in _BOTH_WAYS and (current in _BOTH_WAYS or current is S.FINISHED)


def _backwards(current: Status, new: Status, why: str) -> StatusDecision:
    return StatusDecision(Decision.IGNORE_BACKWARDS, f"{int(current)} -> {int(new)}: {why}")
