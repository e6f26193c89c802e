"""`hub edge enroll`: make this machine the workstation whose code the hub printed."""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from hub.bootstrap.edge import DeviceNotHere, devices_of, make_line, open_spool
from hub.cli.edge.place import Directory, default_directory, opened_spool, unusable
from hub.cli.output.answer import done, print_line, put, refuse
from hub.edge.credential import Credential, NotEnrolled, load, save
from hub.edge.line import AgentRefused, CallRefused, HubAway
from hub.edge.machine import mark
from hub.edge.spool.database import SpoolUnusable
from hub.rules.edge import protocol
from hub.rules.edge.enrolment import former_key, keeps_secrets
from hub.rules.toml.reading import TomlFileWrong
from hub.texts import text

app = typer.Typer()
ANSWERS = {"enroll": ("agent", "agency", "directory")}


@app.command("enroll")
def enroll(
    url: Annotated[str, typer.Argument(help="edge_url")],
    code: Annotated[str, typer.Argument(help="edge_code")],
    directory: Directory = None,
    devices: Annotated[Path | None, typer.Option("--devices", help="edge_devices")] = None,
    ca_file: Annotated[Path | None, typer.Option("--ca-file", help="edge_ca_file")] = None,
    plain_http: Annotated[bool, typer.Option("--plain-http", help="edge_plain_http")] = False,
    budget_mb: Annotated[int, typer.Option(min=16, max=1_000_000, help="edge_budget")] = 2048,
) -> None:
    """Exchange the code for a key and keep it in a file for this user only."""
    if not (plain_http or keeps_secrets(url)):
        refuse(text("edge.not_https", url=url))
        raise typer.Exit(2)
    place = directory or default_directory()
    wanted = Credential(
        url=url,
        agent="",
        key="",
        spool=secrets.token_hex(16),
        ca_file=str(ca_file.resolve()) if ca_file else "",
        devices_file=str(devices.resolve()) if devices else "",
        budget_mb=budget_mb,
        plain_http=plain_http,
    )
    made = _exchanged(wanted, code, place)
    kept = msgspec.structs.replace(
        wanted, agent=made.agent, agency=made.agency, key=made.key, mark=mark(place, wanted.spool)
    )
    save(place, kept)
    put(agent=made.agent, agency=made.agency, directory=str(place))
    done(text("edge.enrolled", agent=made.agent, directory=place))
    _take_over(place, kept)


def _exchanged(wanted: Credential, code: str, place: Path) -> protocol.Enrolled:
    """Return what the hub gives for the code; without it the command ends."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)  # before the code is used up
        former = _former(place)
        enrolment = protocol.Enrolment(
            code=code,
            devices=[it.name for it in devices_of(wanted)],
            former_key=former_key(former.key) if former else "",
            former_spool=former.spool if former else None,
        )
        return make_line(wanted).request(protocol.ENROL, enrolment, protocol.Enrolled)
    except AgentRefused:
        refuse(text("edge.code_refused"))
        raise typer.Exit(1) from None
    except (HubAway, CallRefused) as error:
        refuse(text("edge.hub_away", url=wanted.url), cause=str(error))
        raise typer.Exit(3) from None
    except (DeviceNotHere, TomlFileWrong, SpoolUnusable, sqlite3.Error, ValueError, OSError) as e:
        raise unusable(e) from None


def _former(place: Path) -> Credential | None:
    """Return whose directory it was until now, with the id that its spool has."""
    try:
        known = load(place)
    except NotEnrolled:
        return None
    with closing(open_spool(place, known)) as spool:
        return msgspec.structs.replace(known, spool=spool.id)


def _take_over(place: Path, credential: Credential) -> None:
    """Readdress what waits to the new agent; where this fails, the next command does it."""
    with opened_spool(place, credential) as spool:
        state = spool.state()
    if state.waiting or state.refused:
        print_line(text("edge.taken_over", agent=credential.agent, count=state.waiting))
    if state.refused:
        print_line(text("edge.still_refused", count=state.refused))
