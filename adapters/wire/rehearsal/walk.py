"""All steps in their order; what an earlier step needs and did not get ends the walk there.

Without a test dossier nothing is sent but logins and look-ups.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from adapters.wire.rehearsal.context import Context, Make
from adapters.wire.rehearsal.proposal import Load, Proposal
from adapters.wire.rehearsal.records import Mark, RehearsalFinding, Test
from adapters.wire.rehearsal.steps import (
    checking,
    comparing,
    connectivity,
    form,
    logins,
    look_up,
    registering,
)
from adapters.wire.rehearsal.words import STEPS
from hub.texts import both

Show = Callable[[RehearsalFinding], None]


@dataclass(frozen=True, slots=True)
class Walked:
    """What came of a rehearsal."""

    findings: tuple[RehearsalFinding, ...]
    proposal: Proposal

    @property
    def runs(self) -> bool:
        """Whether the exchange can run under the proposal."""
        return not any(it.stops for it in self.findings)


def walk(
    make: Make,
    load: Load,
    *,
    now: datetime,
    test: Test | None = None,
    show: Show = lambda _: None,
) -> Walked:
    """Take the steps; `show` gets each finding as it comes. Raises ProfileBroken at the start."""
    proposal = Proposal(load)
    context = Context(make, proposal)
    findings: list[RehearsalFinding] = []
    try:
        for finding in _steps(context, now, test):
            findings.append(finding)
            show(finding)
    finally:
        context.close()
    for finding in _skipped(findings, test):
        findings.append(finding)
        show(finding)
    return Walked(tuple(findings), proposal)


def _steps(context: Context, now: datetime, test: Test | None) -> Iterator[RehearsalFinding]:
    yield from connectivity.connect(context, now)
    if context.usable:
        yield from logins.login(context)
    if not context.usable:
        return
    # The absent number first: what a made-up session is told is compared with it.
    yield from look_up.pings(context)
    yield from look_up.absent(context)
    yield from logins.ended_session(context)
    yield from logins.second_login(context)
    yield from look_up.latency(context)
    if test is not None:
        yield from _with_dossier(context, test)
    yield from form.form(context)


def _with_dossier(context: Context, test: Test) -> Iterator[RehearsalFinding]:
    there = registering.Registered()
    context.begin(test)
    yield from registering.register(context, there)
    if not context.usable:
        return
    if context.partner.steps:
        yield from registering.add_steps(context, there)
    yield from comparing.compare(context, there)
    yield from registering.repeat(context)
    yield from checking.check(context, there)


_OF_TEST = (
    "free", "register", "lag", "steps", "shown_steps", "fields", "times", "texts", "repeat",
    "check",
)  # fmt: skip
_NOT_EVERYWHERE = ("name", "proxy", "tls", "ping", "steps", "shown_steps")
"""Steps that may say nothing at a partner that is well."""


def _skipped(findings: list[RehearsalFinding], test: Test | None) -> Iterator[RehearsalFinding]:
    """Name the steps that were not taken."""
    taken = {it.step for it in findings}
    for step in STEPS:
        if step in taken or step in _NOT_EVERYWHERE or (test is None and step in _OF_TEST):
            continue
        yield RehearsalFinding(
            step,
            Mark.SKIPPED,
            both("rehearsal.step_not_tried_because_an"),
        )
