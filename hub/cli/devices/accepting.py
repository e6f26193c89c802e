"""`hub devices check --walk`: the acceptance of the devices, with a protocol to sign."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import typer

from hub import __version__
from hub.bootstrap.devices.kinds import make_devices, make_proofs
from hub.cli.context import by, opened, settings
from hub.cli.devices.walking import Walk
from hub.cli.output.answer import done, for_programs, refuse
from hub.ports.devices import Device, Proof, ProofRequest, ProofResult
from hub.rules.devices.acceptance import all_passed
from hub.rules.devices.protocol import Protocol
from hub.rules.devices.reading import BARCODE_READER
from hub.runtime.clock import utc_now
from hub.runtime.process.processes import present, runs_here
from hub.settings import Settings, SettingsError
from hub.store.engine.file_rights import make_directory
from hub.store.monitoring import heartbeats
from hub.store.schema import revision
from hub.texts import both, text


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
        proofs = _without_readers(devices, proofs)
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


def _without_readers(devices: list[Device], proofs: Mapping[str, Proof]) -> dict[str, Proof]:
    """Return the proofs with one that fails for each reader: two programs would share its bytes."""
    readers = {it.name for it in devices if it.kind == BARCODE_READER}
    return {name: _hub_has_it if name in readers else it for name, it in proofs.items()}


def _hub_has_it(_request: ProofRequest) -> ProofResult:
    return ProofResult(False, both("acceptance.hub_listens"))
