"""`hub devices diagnostics`: writes a file for the engineers, without secrets and persons."""

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from hub import __version__
from hub.bootstrap.devices.kinds import device_settings, make_devices
from hub.cli.context import opened, settings
from hub.cli.output.answer import done, put, refuse
from hub.operations.devices.diagnostics import device_shown, settings_shown, state_shown
from hub.operations.devices.listing import shown_devices
from hub.runtime.clock import utc_now
from hub.runtime.device_checks import DeviceChecks
from hub.settings import Settings, SettingsError
from hub.store.engine.file_rights import FILE
from hub.store.schema import revision
from hub.texts import text

app = typer.Typer()
ANSWERS = {"diagnostics": ("diagnostics",)}


@app.command("diagnostics")
def diagnostics(file: Annotated[Path, typer.Argument(help="diagnostics_file")]) -> None:
    """Write versions, settings, findings and states of the devices into a new file."""
    found = settings()
    try:
        content = json.dumps(_document(found), ensure_ascii=False, indent=2)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE)
    except SettingsError as error:
        refuse(text("unavailable.settings"), cause=str(error))
        raise typer.Exit(2) from None
    except OSError as error:
        refuse(text("acceptance.file_not_made", file=file, why=error.strerror))
        raise typer.Exit(1) from None
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(f"{content}\n")
    put(diagnostics=file)
    done(text("acceptance.diagnostics_written", file=file))


def _document(found: Settings) -> Mapping[str, object]:
    checks, devices = DeviceChecks(), {it.name: it for it in make_devices(found)}
    return {
        "at": utc_now().isoformat(),
        "versions": {
            "hub": __version__,
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "settings": settings_shown(found.__rich_repr__()),
        "devices": [
            device_shown(it, checks.check(devices[it.name])) for it in device_settings(found)
        ],
        "states": _states(found),
    }


def _states(found: Settings) -> list[Mapping[str, object]]:
    """Return what the hub's own checks left; nothing before there is a database."""
    try:
        revision.require_file(found.database)
    except revision.SchemaMismatch:
        return []
    with opened(found) as store, store.read() as tx:
        return [state_shown(it) for it in shown_devices(tx, now=utc_now())]
