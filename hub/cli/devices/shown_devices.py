"""`hub devices`: how the devices at the counter are, and the check of each of them.

`check` examines each device from this machine, now; `list` reads what the hub's own checks found.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from hub.bootstrap.devices.kinds import make_devices
from hub.cli.context import Actor, duration, opened, settings
from hub.cli.devices.acceptance_list import ListedDevice, print_devices
from hub.cli.devices.reporting import reporting_devices
from hub.cli.output import words
from hub.cli.output.answer import for_programs, print_line, refuse, show
from hub.cli.output.listing import listing, shown
from hub.operations.devices.listing import shown_devices
from hub.ports.devices import Device
from hub.rules.devices.health import (
    DeviceFinding,
    state_of,
    worst_first,
)
from hub.runtime.clock import utc_now
from hub.runtime.device_checks import DeviceChecks
from hub.settings import SettingsError
from hub.store.devices.states import KeptState
from hub.texts import text

app = typer.Typer()
DEVICES = listing("devices", "*device kind place *state *since finding evidence owner what_to_do")
CHECKS = listing("checked_devices", "*device kind place *state finding evidence owner what_to_do")
Walk = Annotated[bool, typer.Option("--walk", help="devices_walk")]
Within = Annotated[str, typer.Option("--within", help="devices_within")]
Into = Annotated[Path | None, typer.Option("--into", help="devices_into")]
ANSWERS = {"list": (DEVICES,), "check": (CHECKS,)}


@app.command("list")
def list_devices() -> None:
    """List the devices and how each was at its last check."""
    with opened() as store, store.read() as tx:
        found = shown_devices(tx, now=utc_now())
    if for_programs():
        rows = [
            (it.device, it.kind, it.place, it.state.value, it.since, *cells)
            for it in found
            for cells in _cells(it.findings)
        ]
        show(DEVICES, rows)
    elif not found:
        print_line(text("device_findings.none_known"))
    else:
        print_devices([_listed(it) for it in found])


def _listed(it: KeptState) -> ListedDevice:
    return ListedDevice(
        name=it.device,
        kind=it.kind,
        place=it.place,
        state=it.state,
        findings=it.findings,
        since=text("acceptance.since", since=shown(it.since)),
    )


@app.command("check")
def check_devices(
    walk: Walk = False, within: Within = "60s", into: Into = None, actor: Actor = ""
) -> None:
    """Check each device now; ends with code 1 where one gives nothing or is set wrongly."""
    if walk:
        from hub.cli.devices import accepting  # few checks are walks

        raise typer.Exit(accepting.walk(duration("--within", within), into, actor))
    known = settings()
    try:
        devices = make_devices(known)
    except SettingsError as error:
        refuse(text("unavailable.settings"), cause=str(error))
        raise typer.Exit(2) from None
    checks = DeviceChecks()
    with ExitStack() as stack:
        devices += reporting_devices(known, stack)
        found = [(it, worst_first(checks.check(it))) for it in devices]
    if for_programs():
        rows = [
            (it.name, it.kind, it.place, state_of(findings).value, *cells)
            for it, findings in found
            for cells in _cells(findings)
        ]
        show(CHECKS, rows)
    else:
        print_devices([_checked(it, findings) for it, findings in found])
    raise typer.Exit(0 if all(state_of(findings).works for _, findings in found) else 1)


def _checked(it: Device, findings: Sequence[DeviceFinding]) -> ListedDevice:
    state = state_of(findings)
    return ListedDevice(name=it.name, kind=it.kind, place=it.place, state=state, findings=findings)


def _cells(findings: Sequence[DeviceFinding]) -> Iterable[tuple[object, ...]]:
    """Return a row for each finding, an empty one for a device without any."""
    if not findings:
        return [("", "", "", "")]
    return [(it.text, it.evidence, words.owner(it.owner), it.to_do) for it in findings]
