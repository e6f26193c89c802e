"""The protocol of a rehearsal as a text that people sign, in the language of the process."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap

from adapters.wire.rehearsal.records import Mark, RehearsalFinding
from adapters.wire.rehearsal.walk import Walked
from adapters.wire.rehearsal.words import STEPS, name_of
from hub.texts import Text, both, text

WIDTH = 100
_RULE = "=" * WIDTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the steps."""

    partner: Text
    endpoint: str
    by: str
    at: datetime
    """In local time."""
    version: str
    number: str = ""
    """Of the test dossier, "" without one."""
    reason: str = ""


def render(head: Head, walked: Walked, *, secrets: tuple[str, ...] = ()) -> str:
    """Return the protocol; `secrets` never stand in it."""
    whole = "\n".join([*_head(head), *_findings(walked.findings), *_end(head, walked)]) + "\n"
    for secret in secrets:
        if secret:
            whole = whole.replace(secret, "…")
    return whole


def _head(head: Head) -> Iterator[str]:
    yield text("rehearsal.title")
    yield _RULE
    written = text("rehearsal.written_nothing")
    if head.number:
        written = text("rehearsal.written_dossier", number=head.number, reason=head.reason)
    rows = (
        (text("rehearsal.head_partner"), head.partner),
        (text("rehearsal.head_endpoint"), head.endpoint),
        (text("rehearsal.head_time"), f"{head.at:%H:%M:%S %d/%m/%Y} (UTC{head.at:%z})"),
        (text("rehearsal.head_by"), head.by),
        (text("rehearsal.head_version"), head.version),
        (text("rehearsal.head_written"), written),
    )
    for name, value in rows:
        yield f"{name:<28} {value}"
    yield _RULE


def _findings(findings: tuple[RehearsalFinding, ...]) -> Iterator[str]:
    number = 0
    for step in STEPS:
        of_step = [it for it in findings if it.step == step]
        if not of_step:
            continue
        number += 1
        yield f"{number:>2}. {name_of(step)}"
        for finding in of_step:
            yield from _finding(finding)
    yield _RULE


def _finding(finding: RehearsalFinding) -> Iterator[str]:
    first = f"    [{both(f'rehearsal.mark_{finding.mark}')}] "
    yield from wrap(str(finding.text), WIDTH, initial_indent=first, subsequent_indent=" " * 8)


def _end(head: Head, walked: Walked) -> Iterator[str]:
    count = sum(it.mark is Mark.ATTENTION for it in walked.findings)
    yield text("rehearsal.conclusion")
    if stopping := [it for it in walked.findings if it.stops]:
        steps = ", ".join(dict.fromkeys(str(name_of(it.step)) for it in stopping))
        yield f"  {text('rehearsal.not_possible', steps=steps)}"
    else:
        yield f"  {text('rehearsal.possible', count=count)}"
        if not head.number:
            yield f"  {text('rehearsal.no_dossier_written')}"
    yield f"  {text('rehearsal.proposed_lines', count=len(walked.proposal.lines))}"
    yield ""
    for name in (
        text("rehearsal.for_the_ward"),
        text("rehearsal.for_the_partner"),
        text("rehearsal.head_by"),
    ):
        yield f"  {name}:"
        yield f"      {'.' * 44}   {text('rehearsal.date')}: {'.' * 14}"
        yield ""
