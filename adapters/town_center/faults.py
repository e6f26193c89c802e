"""The town's replies as a table: reply code -> what happened, and else the HTTP status.

Failures of the line are classed by phase where they happen, and statuses without a readable body
are the same for every partner (both in adapters/wire); here is what the town itself says. What each
code means stands in the town's profile; when a code may be believed is the wire's rule
(`adapters/wire/reading/code_table.py`). A code that the profile does not know leaves the effect
unknown.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.town_center.callbacks.reading import (
    ReportedStep,
    Shown,
    read_found,
    read_reported_step,
)
from adapters.wire.dates import DateReader
from adapters.wire.http import Reply
from adapters.wire.profile import Means, Profile
from adapters.wire.reading import code_table
from adapters.wire.reading.code_table import CodeTable
from adapters.wire.replies import expect_success, retry_after
from hub.ports import DriftKind
from hub.rules.deliveries.likeness import Likeness, compare_codes
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
    TransientFailure,
    kept_code,
)

ALREADY = "đã tồn tại"
"""Land systems were seen to say it in the text only, with whatever code."""

FAILURES: Mapping[str, tuple[type[DeliveryFailure], str]] = {
    **code_table.FAILURES,
    Means.SESSION_OVER: (TransientFailure, "partner_login"),
    Means.NOT_THERE: (PermanentFailure, "partner_refused"),
}
_COMPARED = frozenset({200, 409})
"""Statuses under which the words of ALREADY count."""
PLACE = "status/code"


def table_of(profile: Profile) -> CodeTable:
    """Return the codes of a profile."""
    return CodeTable(profile.codes.items())


@dataclass(frozen=True, slots=True)
class Done:
    """The town has the effect; `already` when it had it before this call."""

    already: bool
    unusual: bool
    """Whether the message beside the code of success is none that anybody knows."""
    code: str
    own_number: str
    """Under which the town keeps the dossier, "" when it does not say."""


def outcome(reply: Reply, number: str = "", *, table: CodeTable) -> Done:
    """Return what the reply to a writing call says; raises DeliveryFailure when it is not done.

    `number` is the dossier of the call, "" where it concerned none. A reply that names another
    dossier tells nothing of ours, and one that names none is no proof that ours is done.
    """
    try:
        step = read_reported_step(reply)
    except AmbiguousFailure:
        expect_success(reply)
        raise
    named = bool(step.number) and compare_codes(number, step.number) is Likeness.SAME
    if named and step.number != number:
        reply.findings.add(DriftKind.UNKNOWN_VALUE, "SoBienNhan")
    if step.number and not named:
        raise reply.findings.refuse("SoBienNhan", "the reply is for another dossier")
    text = unicodedata.normalize("NFC", step.message).casefold()
    already, unusual = ALREADY in text and reply.status in _COMPARED, False
    if not already:
        means = meaning(reply, step, table=table)
        already = means is Means.ALREADY
        unusual = means is Means.DONE and table.is_unusual(
            reply, step.code, step.message, place="status/message"
        )
        if means in FAILURES:
            raise failure(reply, step.code, means)
        if not already and False in (step.success, step.done):
            raise reply.findings.refuse(PLACE, "a code of success beside data or success of none")
    if number and not named:
        raise reply.findings.refuse("SoBienNhan", "the reply names no dossier")
    return Done(already=already, unusual=unusual, code=step.code, own_number=step.own_number)


def found(reply: Reply, *, table: CodeTable, dates: DateReader) -> Shown | None:
    """Return the dossier that the reply to a search shows, None where the town has none.

    Raises DeliveryFailure where the reply says neither.
    """
    try:
        step, shown = read_found(reply, dates=dates)
    except AmbiguousFailure:
        expect_success(reply)
        raise
    means = meaning(reply, step, table=table)
    if means is Means.NOT_THERE and shown is None:
        return None
    if means is Means.DONE and shown is not None and step.success is not False:
        return shown
    if means in FAILURES and means is not Means.NOT_THERE:
        raise failure(reply, step.code, means)
    raise reply.findings.refuse("data", "a dossier beside a code of none, or none beside success")


def meaning(reply: Reply, step: ReportedStep, *, table: CodeTable) -> Means:
    """Return what a code says; raises the failure of a status that speaks alone."""
    if not step.code:
        expect_success(reply)
        raise reply.findings.refuse(PLACE, "missing")
    means = table.classify(reply, step.code, step.message, place=PLACE)
    if means is Means.UNKNOWN:
        expect_success(reply)
    if means in FAILURES and means is not Means.SERVER_ERROR and True in (step.success, step.done):
        raise reply.findings.refuse(PLACE, "a code of refusal beside data or success of one")
    return means


def failure(reply: Reply, code: str, means: Means) -> DeliveryFailure:
    """Return the failure that a reply with this meaning is."""
    kind, name = FAILURES[means]
    kept = kept_code(code)
    detail = f"HTTP {reply.status}, code {kept}"
    return kind(name, detail, retry_after=retry_after(reply), partner_code=kept)


def without_effect(found: DeliveryFailure) -> TransientFailure:
    """Return the failure of a call that only reads: it certainly had no effect."""
    return found.as_kind(TransientFailure)
