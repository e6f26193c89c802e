"""The look-up of a dossier that is not there, readiness, and how long answers take."""

from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from adapters.wire.login.login_end import has_one
from adapters.wire.profile import Means
from adapters.wire.rehearsal.context import Context
from adapters.wire.rehearsal.records import HeardReply, Mark, RehearsalFinding
from adapters.wire.rehearsal.steps.teaching import Taught, described, teach_code
from hub.texts import Text, both

CALLS = 5
"""Look-ups by which the latency is measured."""
DENIALS = ("không", "chưa", "khong", "chua", "not", "no ", "none")
"""Without one of these a message does not say that nothing is there."""


def absent(context: Context) -> Iterator[RehearsalFinding]:
    """Look up a number that cannot be there; see that the hub understands the answer."""
    number = context.partner.absent
    heard = context.look_up(number)
    what = described(heard, (number,))
    if heard.means is Means.NOT_THERE:
        yield RehearsalFinding("absent", Mark.OK, both("rehearsal.absent_recognised", what=what))
        return
    taught = _teach(context, heard, number)
    if taught.understood:
        yield RehearsalFinding(
            "absent",
            Mark.OK,
            both("rehearsal.absent_recognised_by_a_line", what=what),
        )
        return
    problem = taught.problem or both("rehearsal_reasons.none")
    detail = f"; {heard.failure.code}: {heard.failure.detail}" if heard.failure else ""
    yield RehearsalFinding(
        "absent",
        Mark.ATTENTION,
        both("rehearsal.absent_not_recognised_ask_for", what=what, problem=problem, detail=detail),
        stops=True,
    )


def _teach(context: Context, heard: HeardReply, number: str) -> Taught:
    if heard.shown is not None:
        return Taught(False, both("rehearsal_reasons.dossier_shown"))
    if heard.message.strip() and not has_one(heard.message, DENIALS):
        return Taught(False, both("rehearsal_reasons.words_differ"))
    if heard.end is not None:
        return Taught(False, both("rehearsal_reasons.login_over"))
    why = both("rehearsal_reasons.absent_number", words=described(heard, (number,)))
    return teach_code(context, heard, Means.NOT_THERE, why, secrets=(number,))


def pings(context: Context) -> Iterator[RehearsalFinding]:
    """Make the harmless calls that are neither login nor look-up."""
    for heard in context.pings():
        what = f"{heard.operation}: {described(heard)}"
        good = heard.failure is None
        if good:
            yield RehearsalFinding("ping", Mark.OK, Text(what, what))
        else:
            yield RehearsalFinding("ping", Mark.ATTENTION, both("rehearsal.ping_ask", what=what))


def latency(context: Context) -> Iterator[RehearsalFinding]:
    """Measure a few look-ups, one after the other."""
    took: list[timedelta] = []
    for _ in range(CALLS):
        heard = context.look_up(context.partner.absent)
        if heard.reply is not None:
            took.append(heard.duration)
    if not took:
        yield RehearsalFinding("latency", Mark.ATTENTION, both("rehearsal.latency_no_reply_at_all"))
        return
    in_ms = [it.total_seconds() * 1000 for it in took]
    text = f"{min(in_ms):.0f} / {median(in_ms):.0f} / {max(in_ms):.0f} ms"
    slow = max(took) > context.partner.reply_timeout / 2
    words = both(
        "rehearsal.latency_slow" if slow else "rehearsal.latency", count=len(took), times=text
    )
    yield RehearsalFinding("latency", Mark.ATTENTION if slow else Mark.OK, words)
