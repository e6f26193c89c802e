"""`hub partners rehearse`: a walk through a partner's real endpoint, and its protocol."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hub.cli.context import by, one_of, opened, settings, system_user
from hub.cli.output.answer import aside, print_line, put, refuse
from hub.messages.invalid import InvalidMessage
from hub.messages.partners import BY_SHORT, PARTNERS
from hub.records.dossiers import numbering
from hub.rules.actors import NotNamed, signed
from hub.runtime.clock import utc_now
from hub.store.evidence import audit
from hub.texts import text

if TYPE_CHECKING:  # `hub partners show` needs none of it
    from hub.bootstrap.partners.rehearsals import Rehearsal, RehearsalFinding, Walked

app = typer.Typer()
ANSWERS = {"rehearse": ("partner", "protocol", "proposal", "files", "runs")}
COLOURS = {"ok": "green", "attention": "yellow", "skipped": "dim"}


TestDossier = Annotated[str, typer.Option("--test-dossier", metavar="NUMBER", help="test_dossier")]


@app.command()
def rehearse(
    partner: Annotated[str, typer.Argument(help="partner")],
    test_dossier: TestDossier = "",
    reason: Annotated[str, typer.Option("--reason", help="reason_test_dossier")] = "",
    protocol: Annotated[Path | None, typer.Option("--protocol", help="protocol")] = None,
    proposal: Annotated[Path | None, typer.Option("--proposal", help="proposal")] = None,
    actor: Annotated[str, typer.Option("--actor", help="actor")] = "",
) -> None:
    """Walk through a partner's real endpoint and print a protocol that people can sign."""
    from hub.bootstrap.partners.rehearsals import Rehearsal

    one_of("PARTNER", partner, *BY_SHORT)
    found = settings()
    _check_files(protocol, proposal, own=found.partner_profile(partner))
    if not found.partner_url(partner):
        name = PARTNERS[BY_SHORT[partner]].url_setting
        refuse(text("partner_commands.not_set", name=name))
        raise typer.Exit(2)
    who = _decided(partner, test_dossier, reason, actor) if test_dossier else _by(actor)
    rehearsal = Rehearsal(
        partner=partner, settings=found, now=utc_now(), by=who, number=test_dossier, reason=reason
    )
    walked = _walk(rehearsal)
    written, lines = rehearsal.protocol(walked), rehearsal.proposal(walked)
    files = [protocol] if protocol is not None else []
    files += [proposal] if lines and proposal is not None else []
    put(partner=partner, protocol=written, proposal=lines, files=files, runs=walked.runs)
    print_line(written)
    _write_files(protocol, written, proposal, lines)
    raise typer.Exit(0 if walked.runs else 1)


def _write_files(protocol: Path | None, written: str, proposal: Path | None, lines: str) -> None:
    """Write what has a file; print a proposal that has none."""
    if protocol is not None:
        _write(protocol, written)
    if lines and proposal is not None:
        _write(proposal, lines)
    elif lines:
        print_line(lines)
    elif proposal is not None:
        print_line(text("partner_commands.no_line_needed"))


def _walk(rehearsal: "Rehearsal") -> "Walked":
    from hub.bootstrap.partners.rehearsals import name_of

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    # Beside the protocol, which may be piped into a file.
    with Progress(*columns, console=aside, transient=True) as shown:
        task = shown.add_task(rehearsal.endpoint.replace("[", "\\["))

        def print_finding(finding: "RehearsalFinding") -> None:
            colour = COLOURS[finding.mark]
            line = f"[{colour}]{finding.mark}[/] {name_of(finding.step)}"
            shown.update(task, description=line)

        return rehearsal.run(show=print_finding)


def _decided(partner: str, number: str, reason: str, actor: str) -> str:
    """Return who decides that a test dossier is registered; the decision is in the audit."""
    try:
        numbering.parse(number)
    except InvalidMessage as error:
        refuse(text("partner_commands.no_dossier_number", number=number, why=error.why))
        raise typer.Exit(2) from None
    if not reason.strip():
        refuse(text("partner_commands.test_dossier_needs_reason"))
        raise typer.Exit(2)
    who = by(reason, actor)
    with opened() as store, store.write() as tx:
        audit.record(tx, action="partner.rehearse", object=f"{BY_SHORT[partner]} {number}", **who)
    return who["actor"]


def _by(actor: str) -> str:
    """Return who runs it where nothing is decided: the name that was given, or the user."""
    name = actor or settings().operator
    try:
        return signed(name, system_user())
    except NotNamed:
        return system_user()


def _check_files(*paths: Path | None, own: str) -> None:
    """Refuse before anything is called what could not, or must not, be written at the end.

    `own` is the profile in force: a proposal holds only what differs from that.
    """
    for path in paths:
        if path is None:
            continue
        if not path.absolute().parent.is_dir():
            refuse(text("partner_commands.no_folder", path=path))
            raise typer.Exit(2)
        if own and path.resolve() == Path(own).resolve():
            refuse(text("partner_commands.profile_in_force", path=path))
            raise typer.Exit(2)


def _write(path: Path, content: str) -> None:
    """Write a file that only its owner reads."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
    print_line(f"→ {path}")
