"""`hub devices`: how the devices at the counter are, and the check of each of them.

`check` examines each device from this machine, now; `list` reads what the hub's own checks found.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from hub.bootstrap.devices.kinds import make_devices
from hub.cli.context import Actor, duration, opened, settings
from hub.cli.output import words
from hub.cli.output.answer import for_programs, refuse, show
from hub.cli.output.listing import listing
from hub.operations.devices.listing import shown_devices
from hub.rules.devices.health import (
    DeviceFinding,
    DeviceState,
    state_of,
    state_text,
    worst_first,
)
from hub.runtime.clock import utc_now
from hub.runtime.device_checks import DeviceChecks
from hub.settings import SettingsError
from hub.texts import text

app = typer.Typer()
DEVICES = listing("devices", "*device place *state *since finding evidence owner what_to_do")
CHECKS = listing("checked_devices", "*device place *state finding evidence owner what_to_do")
Walk = Annotated[bool, typer.Option("--walk", help="devices_walk")]
Within = Annotated[str, typer.Option("--within", help="devices_within")]
Into = Annotated[Path | None, typer.Option("--into", help="devices_into")]
ANSWERS = {"list": (DEVICES,), "check": (CHECKS,)}


@app.command("list")
def list_devices() -> None:
    """List the devices and how each was at its last check."""
    with opened() as store, store.read() as tx:
        found = shown_devices(tx, now=utc_now())
    rows = [
        (it.device, it.place, _state(it.state), it.since, *cells)
        for it in found
        for cells in _cells(it.findings)
    ]
    show(DEVICES, rows, empty=text("device_findings.none_known"))


@app.command("check")
def check_devices(
    walk: Walk = False, within: Within = "60s", into: Into = None, actor: Actor = ""
) -> None:
    """Check each device now; ends with code 1 where one gives nothing or is set wrongly."""
    if walk:
        from hub.cli.devices import accepting  # few checks are walks

        raise typer.Exit(accepting.walk(duration("--within", within), into, actor))
    try:
        devices = make_devices(settings())
    except SettingsError as error:
        refuse(text("unavailable.settings"), cause=str(error))
        raise typer.Exit(2) from None
    checks = DeviceChecks()
    found = [(it, worst_first(checks.check(it))) for it in devices]
    show(
        CHECKS,
        [
            (it.name, it.place, _state(state_of(findings)), *cells)
            for it, findings in found
            for cells in _cells(findings)
        ],
    )
    raise typer.Exit(0 if all(state_of(findings).works for _, findings in found) else 1)


def _state(state: DeviceState) -> object:
    return state.value if for_programs() else state_text(state)


def _cells(findings: Sequence[DeviceFinding]) -> Iterable[tuple[object, ...]]:
    """Return a row for each finding, an empty one for a device without any."""
    if not findings:
        return [("", "", "", "")]
    return [(it.text, it.evidence, words.owner(it.owner), it.to_do) for it in findings]
