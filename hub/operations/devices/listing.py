"""The devices as a person reads them: by their last checks, and by what their sources report.

A device that is not checked any more is not called well, nor one whose source does not work.
Alerts, metrics, overview, page and command line all read this list.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hub.operations.devices.source_troubles import SourceTrouble, source_troubles
from hub.operations.devices.watching import CHECK_EVERY
from hub.rules.devices.health import DeviceFinding, DeviceState, state_of, worst_first
from hub.rules.edge.protocol import AGENT_ITSELF, SILENT_AFTER
from hub.store.devices import states
from hub.store.devices.states import KeptState
from hub.store.engine.store import Tx
from hub.texts import Text, joined

OVERDUE = 10 * CHECK_EVERY
"""Without a check for so long, the process that checks a device is away, or its check hangs."""


def shown_devices(tx: Tx, *, now: datetime) -> Sequence[KeptState]:
    """Return every device by its name, with all that is wrong with it now."""
    devices = {it.device: _shown(it, now - it.checked_at) for it in states.listing(tx)}
    for trouble in source_troubles(tx, now=now, lately=OVERDUE):
        before = devices.get(trouble.device) or _unchecked(trouble)
        if before.state.works:  # else its check has named the cause already
            devices[trouble.device] = _with_trouble(before, trouble)
    return [devices[name] for name in sorted(devices)]


def troubled(devices: Sequence[KeptState]) -> Sequence[KeptState]:
    """Return the devices that are not up."""
    return [it for it in devices if it.state is not DeviceState.UP]


def described(it: KeptState) -> Text:
    """Return a device that is not up in words: its name, its place, its worst finding."""
    name = f"{it.device} ({it.place})" if it.place else it.device
    return joined(": ", (Text(name, name), it.findings[0].text))


def _shown(it: KeptState, age: timedelta) -> KeptState:
    is_agent = it.kind == AGENT_ITSELF
    if age <= (SILENT_AFTER if is_agent else OVERDUE):
        return it
    code = "agent_silent" if is_agent else "not_checked"
    findings = (DeviceFinding(code, f"{age // timedelta(minutes=1)} min"),)
    return replace(it, state=state_of(findings), findings=findings, since=it.checked_at)


def _unchecked(trouble: SourceTrouble) -> KeptState:
    """Return a device of which only its source reports."""
    return KeptState(
        device=trouble.device,
        kind="",
        place="",
        state=DeviceState.UP,
        findings=(),
        since=trouble.reported_at,
        checked_at=trouble.reported_at,
    )


def _with_trouble(it: KeptState, trouble: SourceTrouble) -> KeptState:
    # Since when is not kept: the heartbeat says that it is so now.
    finding = DeviceFinding("source_troubled", trouble.cause)
    findings = tuple(worst_first([*it.findings, finding]))
    return replace(it, state=state_of(findings), findings=findings, since=trouble.reported_at)
