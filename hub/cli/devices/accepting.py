"""`hub devices check --walk`: the acceptance of the devices, with a protocol to sign."""

from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import typer

from hub import __version__
from hub.bootstrap.devices.kinds import listened_proofs, make_devices, make_proofs
from hub.cli.context import by, opened, settings
from hub.cli.devices.reporting import reporting_devices
from hub.cli.devices.walking import Walk
from hub.cli.output.answer import done, for_programs, refuse
from hub.rules.devices.acceptance import all_passed
from hub.rules.devices.protocol import Protocol
from hub.runtime.clock import utc_now
from hub.runtime.process.processes import present, runs_here
from hub.settings import Settings, SettingsError
from hub.store.engine.file_rights import make_directory
from hub.store.monitoring import heartbeats
from hub.store.schema import revision
from hub.texts import text


def walk(within: timedelta, into: Path | None, actor: str) -> int:
    """Walk through the devices and write the protocol; return 0 where every device has passed."""
    if for_programs():
        refuse(text("acceptance.needs_person"))
        raise typer.Exit(2)
    found, begun = settings(), utc_now()
    who = str(by("", actor)["actor"])
    try:
        devices, proofs = make_devices(found), make_proofs(found)
    except SettingsError as error:
        refuse(text("unavailable.settings"), cause=str(error))
        raise typer.Exit(2) from None
    place = into or Path(found.data_dir) / "acceptance" / f"{begun:%Y%m%d-%H%M%S}"
    make_directory(place)
    if _hub_listens(found, begun):
        proofs |= listened_proofs(found)
    with ExitStack() as stack:
        devices += reporting_devices(found, stack)
        answers = Walk(devices=devices, proofs=proofs, within=within, into=place).answers()
    _write(
        Protocol(answers=answers, who=who, version=__version__, begun=begun, ended=utc_now()), place
    )
    return 0 if all_passed(answers) else 1


def _write(protocol: Protocol, place: Path) -> None:
    for name, content in (
        ("protocol.txt", protocol.as_text()),
        ("protocol.html", protocol.as_html()),
    ):
        (place / name).write_text(content, encoding="utf-8")
        done(text("acceptance.written", file=place / name))


def _hub_listens(found: Settings, now: datetime) -> bool:
    """Return whether a hub on this machine reads the devices now."""
    try:
        revision.require_file(found.database)
    except revision.SchemaMismatch:
        return False  # the devices are installed before the hub has a database
    with opened(found) as store, store.read() as tx:
        rows = present(heartbeats.known(tx), now)
    return any("sources" in row.roles.split(",") and runs_here(row) for row in rows)
