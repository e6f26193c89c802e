"""Login, clock, a second login on the account, and how the partner says that a login is over."""

from collections.abc import Iterator
from datetime import timedelta

from adapters.wire.profile import Means
from adapters.wire.rehearsal.context import Context, passes, unknown_effect
from adapters.wire.rehearsal.records import HeardReply, Mark, RehearsalFinding
from adapters.wire.rehearsal.steps.teaching import described, teach_code, teach_end, words_of
from hub.texts import Text, both

MADE_UP = "0000000000000000000000000000dead"
"""A session that no partner ever gave."""
MOST_AHEAD = timedelta(seconds=60)


def login(context: Context) -> Iterator[RehearsalFinding]:
    """Log in, and compare the clocks by that reply."""
    heard = context.log_in()
    if heard.token and heard.means is not Means.DONE and heard.end is None:
        why = both("rehearsal_reasons.login_worked", words=described(heard))
        taught = teach_code(context, heard, Means.DONE, why)
        if taught.understood:
            heard = context.partner.again(heard)
    if not heard.token or heard.means is not Means.DONE:
        context.usable = False
        what = described(heard)
        yield RehearsalFinding(
            "login",
            Mark.ATTENTION,
            both("rehearsal.login_no_login_check_account", what=what),
            stops=True,
        )
        return
    context.token = heard.token
    seconds = heard.duration.total_seconds()
    yield RehearsalFinding(
        "login", Mark.OK, both("rehearsal.login_works", seconds=f"{seconds:.2f}")
    )
    yield _clock(heard)


def _clock(heard: HeardReply) -> RehearsalFinding:
    if heard.ahead is None:
        return RehearsalFinding("clock", Mark.OK, both("rehearsal.clock_replies_carry_no_time"))
    seconds = round(heard.ahead.total_seconds())
    mark = Mark.OK if abs(heard.ahead) <= MOST_AHEAD else Mark.ATTENTION
    text = both(
        "rehearsal.clock_ahead" if seconds >= 0 else "rehearsal.clock_behind", seconds=abs(seconds)
    )
    return RehearsalFinding("clock", mark, text)


def second_login(context: Context) -> Iterator[RehearsalFinding]:
    """Log in a second time, and ask with the first login: two programs on one account."""
    first = context.token
    second = context.log_in()
    if not second.token:
        what = described(second)
        yield RehearsalFinding(
            "second_login", Mark.ATTENTION, both("rehearsal.second_login_refused", what=what)
        )
        return
    context.token = second.token
    if second.token == first:
        yield RehearsalFinding(
            "second_login", Mark.OK, both("rehearsal.second_login_the_same_session_is")
        )
        return
    heard = context.look_up_under(context.partner.absent, first)
    other = context.look_up_under(context.partner.absent, second.token)
    if heard.end is not None and other.end is None:
        yield _displaced(both("rehearsal.displaced"))
    elif heard.failure is None or _same(heard, other) or passes(heard):
        yield RehearsalFinding(
            "second_login", Mark.OK, both("rehearsal.second_login_the_first_login_stays")
        )
    else:
        # Said otherwise than of a login that never was: "signed in elsewhere".
        secrets = (first, context.partner.absent)
        what = described(heard, secrets)
        why = both("rehearsal_reasons.older_login", words=words_of(heard, secrets))
        taught = teach_end(context, heard, why, secrets=secrets)
        if taught.understood:
            yield _displaced(both("rehearsal.displaced_proposed", what=what))
        else:
            problem = taught.problem
            yield _displaced(both("rehearsal.displaced_unseen", what=what, problem=problem))


def _displaced(text: Text) -> RehearsalFinding:
    return RehearsalFinding("second_login", Mark.ATTENTION, text)


def ended_session(context: Context) -> Iterator[RehearsalFinding]:
    """Ask under a made-up session: how does the partner say that a login is over?"""
    partner = context.partner
    heard = context.look_up_under(partner.absent, MADE_UP)
    what = described(heard, (MADE_UP, partner.absent))
    if heard.end is not None or heard.means is Means.SESSION_OVER:
        yield _recognised(heard, what)
        return
    good = context.look_up(partner.absent)
    if _same(heard, good):
        yield RehearsalFinding(
            "ended_session",
            Mark.ATTENTION,
            both("rehearsal.ended_session_answered_as_under_a", what=what),
        )
        return
    yield _learned(context, heard, what, partner.absent)


def write_without_login(
    context: Context, number: str
) -> tuple[RehearsalFinding, HeardReply | None]:
    """Register the test dossier under a made-up session; return what may be done, None for nothing.

    Other operations may say otherwise that a login is over, or not ask for one.
    """
    heard = context.keep(context.partner.register(MADE_UP))
    what = f"{heard.operation}: {described(heard, (MADE_UP, number))}"
    if heard.end is not None or heard.means is Means.SESSION_OVER:
        return _recognised(heard, what), None
    if heard.means is Means.DONE:
        finding = RehearsalFinding(
            "ended_session",
            Mark.ATTENTION,
            both("rehearsal.ended_session_written_without_a_login", what=what),
        )
        return finding, heard
    finding = _learned(context, heard, what, number)
    return finding, heard if finding.mark is not Mark.OK and unknown_effect(heard) else None


def _learned(context: Context, heard: HeardReply, what: str, number: str) -> RehearsalFinding:
    """Return whether lines of the proposal make the hub see that the login is over."""
    secrets = (MADE_UP, number)
    why = both("rehearsal_reasons.made_up_session", words=words_of(heard, secrets))
    taught = teach_end(context, heard, why, secrets=secrets)
    if taught.understood:
        return RehearsalFinding(
            "ended_session",
            Mark.OK,
            both("rehearsal.ended_session_recognised_by_a_line", what=what),
        )
    return RehearsalFinding(
        "ended_session",
        Mark.ATTENTION,
        both("rehearsal.ended_session_not_recognised_ask_how", what=what, problem=taught.problem),
        stops=not passes(heard),
    )


def _recognised(heard: HeardReply, what: str) -> RehearsalFinding:
    certain = heard.end is None or heard.end.certain
    text = both("rehearsal.recognised" if certain else "rehearsal.recognised_unsure", what=what)
    return RehearsalFinding("ended_session", Mark.OK, text)


def _same(one: HeardReply, other: HeardReply) -> bool:
    if one.reply is None or other.reply is None:
        return False
    return (one.reply.status, one.code, one.message) == (
        other.reply.status,
        other.code,
        other.message,
    ) and one.end is other.end
