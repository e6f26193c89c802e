"""Counts calls that are written down: how they ended, and how long their messages took.

For `/metrics`, in memory. Not promised: a call that was made and not written down is not counted.
"""

from collections.abc import Iterable

from hub.exchange.delivery.settle import CallOutcome, ended_as
from hub.ports import Receipt
from hub.rules.failures.errors import FAULTS, DeliveryFailure
from hub.runtime.metrics import ATTEMPTS, CRITICAL_TIME, OTHER, seconds


def count(partner: str, outcomes: Iterable[CallOutcome], *, kind: str) -> None:
    """Count outcomes of calls of one kind, `send` or `find`, to a partner."""
    for it in outcomes:
        # Of the catalogue, so the types are few; without a message nothing was read.
        operation = it.message.type if it.message else OTHER
        ATTEMPTS.add(partner, operation, kind, ended_as(it.result), _code(it))
        if isinstance(it.result, Receipt):
            CRITICAL_TIME.observe(seconds(it.finished_at - it.claimed.created_at), partner)


def _code(outcome: CallOutcome) -> str:
    if not isinstance(outcome.result, DeliveryFailure):
        return ""
    return outcome.result.code if outcome.result.code in FAULTS else OTHER
