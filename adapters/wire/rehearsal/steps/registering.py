"""The test dossier: registered, its steps added, looked up until it is there, registered again.

Only here something is changed at the partner. A write whose effect is unknown is not made again
before the look-up had the time to show it; a step is never made twice. The registration is first
tried under a made-up session: a partner that did it all the same says then "already exists", and
that is for a person.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from adapters.wire.login.login_end import has_one
from adapters.wire.profile import Means
from adapters.wire.rehearsal.context import Context
from adapters.wire.rehearsal.records import HeardReply, Mark, RehearsalFinding, Shown
from adapters.wire.rehearsal.steps.logins import write_without_login
from adapters.wire.rehearsal.steps.teaching import described, teach_code
from hub.rules.failures.errors import FaultClass
from hub.texts import both

POLL = timedelta(milliseconds=250)
LONGEST_LAG = timedelta(minutes=2)
"""After this a dossier that is not shown counts as not there; later where the profile says so."""
SAFETY = 3
"""The lag of a replica changes; so many times what was measured is proposed."""
EXISTS = ("tồn tại", "ton tai", "trùng", "exist", "duplicate", "already")


class Registered:
    """What became of the test dossier, for the steps behind."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        """What several look-ups showed, all after the lag."""
        self.done: list[int] = []
        """Steps that the partner said are done."""
        self.doubtful: list[int] = []
        """Steps whose effect is unknown."""


def register(context: Context, there: Registered) -> Iterator[RehearsalFinding]:
    """Register the test dossier, and measure how long the look-up does not show it."""
    number = context.test.number if context.test else ""
    before = context.look_up(number)
    if before.shown is not None or before.means is not Means.NOT_THERE:
        what = described(before, (number,))
        context.usable = False
        yield RehearsalFinding(
            "free",
            Mark.ATTENTION,
            both("rehearsal.free_the_number_is_taken", what=what),
            stops=True,
        )
        return
    yield RehearsalFinding("free", Mark.OK, both("rehearsal.free_nothing_has_this_number"))
    finding, done = write_without_login(context, number)
    yield finding
    heard = done or context.with_login(lambda token: context.partner.register(token))
    shown, lag = _until(context, lambda it: it is not None)
    if shown is None and _unknown(heard):
        # The look-up had its time, so that nothing was done: made once more.
        heard = context.with_login(lambda token: context.partner.register(token))
        shown, lag = _until(context, lambda it: it is not None)
    yield _registered(context, heard, shown, number)
    if shown is None:
        context.usable = False
        return
    there.shown.append(shown)
    yield _lag(context, lag)


def _registered(
    context: Context, heard: HeardReply, shown: Shown | None, number: str
) -> RehearsalFinding:
    what = described(heard, (number,))
    if heard.means is not Means.DONE and shown is not None and heard.end is None:
        why = both("rehearsal_reasons.registered", words=what)
        taught = teach_code(context, heard, Means.DONE, why, secrets=(number,))
        if taught.understood:
            heard = context.partner.again(heard)
    if heard.means is Means.DONE and heard.names and shown is not None:
        return RehearsalFinding("register", Mark.OK, both("rehearsal.register_works", what=what))
    if shown is None:
        problem = f"; {heard.failure.code}: {heard.failure.detail}" if heard.failure else ""
        patience = f"{_patience(context).total_seconds():g}"
        text = both(
            "rehearsal.register_not_shown_after", what=what, problem=problem, patience=patience
        )
        return RehearsalFinding("register", Mark.ATTENTION, text, stops=True)
    if heard.means is Means.DONE:
        return RehearsalFinding(
            "register",
            Mark.ATTENTION,
            both("rehearsal.register_the_reply_does_not", what=what),
            stops=True,
        )
    detail = f"{heard.failure.code}: {heard.failure.detail}" if heard.failure else str(heard.means)
    passing = _unknown(heard) and (heard.reply is None or heard.reply.status >= 500)
    return RehearsalFinding(
        "register",
        Mark.ATTENTION,
        both("rehearsal.register_and_the_look_up", what=what, detail=detail),
        stops=not passing,
    )


def _until(
    context: Context, reached: Callable[[Shown | None], bool]
) -> tuple[Shown | None, timedelta]:
    """Look up until it is reached; return what is shown, and how long it was not."""
    number = context.test.number if context.test else ""
    began = time.monotonic()
    while True:
        waited = timedelta(seconds=time.monotonic() - began)
        heard = context.look_up(number)
        if reached(heard.shown):
            return heard.shown, waited
        if waited > _patience(context):
            return None, waited
        context.wait(POLL)


def _patience(context: Context) -> timedelta:
    """Return how long the partner may be at work on a call and its look-up may lag behind."""
    partner = context.partner
    return max(LONGEST_LAG, partner.reply_timeout + partner.profile.lookup.lag)


def _lag(context: Context, lag: timedelta) -> RehearsalFinding:
    known = context.partner.profile.lookup.lag
    # Between two look-ups nothing is seen: less than their distance cannot be measured.
    most = max(lag, POLL).total_seconds()
    measured = f"{'<' if lag < POLL else ''}{most:.2f} s"
    wanted = timedelta(seconds=math.ceil(most * SAFETY))
    if wanted > known:
        why = both("rehearsal_reasons.lag", measured=measured, safety=SAFETY)
        context.learn(("lookup", "lag"), wanted, why)
        return RehearsalFinding(
            "lag",
            Mark.OK,
            both("rehearsal.lag_proposed_lookup_lag", measured=measured, seconds=wanted.seconds),
        )
    # Never lowered: one quiet day proves no longest lag, and too short a lag doubles a step.
    return RehearsalFinding(
        "lag",
        Mark.OK,
        both(
            "rehearsal.lag_the_profile_lookup_lag",
            measured=measured,
            known=f"{known.total_seconds():g}",
        ),
    )


def add_steps(context: Context, there: Registered) -> Iterator[RehearsalFinding]:
    """Add the steps one by one, each once, and look up until the newest is shown."""
    words: dict[str, int] = {}
    for index in range(context.partner.steps):
        heard = _add(context, index)
        if heard.means is Means.DONE and heard.names:
            there.done.append(index)
        elif _unknown(heard):
            there.doubtful.append(index)
        what = described(heard, (context.test.number if context.test else "",))
        words[what] = words.get(what, 0) + 1
    total = context.partner.steps
    text = "; ".join(f"{count}× {what}" for what, count in words.items())
    if len(there.done) < total:
        yield RehearsalFinding(
            "steps",
            Mark.ATTENTION,
            both("rehearsal.steps_of_are_done", done=len(there.done), total=total, text=text),
            stops=not there.done,
        )
    else:
        yield RehearsalFinding(
            "steps", Mark.OK, both("rehearsal.steps_steps", total=total, text=text)
        )
    if there.done:
        yield from _shown(context, there)


def _add(context: Context, index: int) -> HeardReply:
    heard = context.with_login(lambda token: context.partner.add_step(index, token))
    if heard.means is Means.DONE or heard.end is not None or not heard.code:
        return heard
    if heard.names:  # the dossier is named as done, under a code that the profile does not have
        what = described(heard, (context.test.number if context.test else "",))
        why = both("rehearsal_reasons.step_added", words=what)
        if teach_code(context, heard, Means.DONE, why).understood:
            return context.partner.again(heard)
    return heard


def _shown(context: Context, there: Registered) -> Iterator[RehearsalFinding]:
    newest = there.done[-1]
    shown, lag = _until(
        context, lambda it: it is not None and newest in {index for index, _ in it.steps}
    )
    if shown is None:
        yield RehearsalFinding(
            "shown_steps",
            Mark.ATTENTION,
            both("rehearsal.shown_steps_the_look_up_does"),
        )
        return
    there.shown = [shown]
    if lag > POLL:
        yield _lag(context, lag)
    yield from _compared_steps(context, shown, there.done)


def _compared_steps(
    context: Context, shown: Shown, done: Sequence[int]
) -> Iterator[RehearsalFinding]:
    """Compare the steps that the look-up shows with those that the partner said are done."""
    indices = [index for index, _ in shown.steps]
    doubled = sorted({it for it in indices if indices.count(it) > 1})
    missing = sorted(set(done) - set(indices))
    if doubled:
        yield RehearsalFinding(
            "shown_steps",
            Mark.ATTENTION,
            both("rehearsal.shown_steps_steps_are_shown_twice", count=len(doubled)),
        )
    if not missing:
        count = len(set(indices))
        yield RehearsalFinding(
            "shown_steps", Mark.OK, both("rehearsal.shown_steps_all_are_shown", count=count)
        )
    elif max(missing) < min(indices):
        count = len(indices) + shown.unknown_steps
        total = len(done)
        why = both("rehearsal_reasons.newest_steps", count=count, total=total)
        context.learn(("lookup", "last_steps"), count, why)
        yield RehearsalFinding(
            "shown_steps",
            Mark.OK,
            both("rehearsal.shown_steps_only_the_newest_proposed", count=count),
        )
    else:
        yield RehearsalFinding(
            "shown_steps",
            Mark.ATTENTION,
            both("rehearsal.shown_steps_steps_between_others_are", count=len(missing)),
            stops=True,
        )


def repeat(context: Context) -> Iterator[RehearsalFinding]:
    """Send the registration again: how does the partner say that it is there?"""
    number = context.test.number if context.test else ""
    heard = context.with_login(lambda token: context.partner.register(token))
    what = described(heard, (number,))
    if heard.means is Means.ALREADY:
        yield RehearsalFinding("repeat", Mark.OK, both("rehearsal.repeat_recognised", what=what))
        return
    if heard.means is Means.DONE:
        yield RehearsalFinding(
            "repeat",
            Mark.ATTENTION,
            both("rehearsal.repeat_taken_a_second_time", what=what),
        )
        return
    if has_one(heard.message, EXISTS):
        why = both("rehearsal_reasons.registered_again", words=what)
        taught = teach_code(context, heard, Means.ALREADY, why, secrets=(number,))
        if taught.understood:
            yield RehearsalFinding("repeat", Mark.OK, both("rehearsal.repeat_proposed", what=what))
            return
        what = f"{what} ({taught.problem})"
    yield RehearsalFinding(
        "repeat",
        Mark.ATTENTION,
        both("rehearsal.repeat_already_exists_is_not", what=what),
    )


def _unknown(heard: HeardReply) -> bool:
    return heard.failure is not None and heard.failure.fault_class in (
        FaultClass.AMBIGUOUS,
        FaultClass.TRANSIENT,
    )
