"""The devices for a person: a line each, below it what is wrong and who does what, and the sum."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from hub.cli.output.answer import print_line
from hub.cli.output.words import owner_text
from hub.rules.devices.acceptance import kind_text
from hub.rules.devices.health import DeviceFinding, DeviceState, state_text
from hub.texts import text

_MARKS: Final = {
    DeviceState.UP: ("✓", "green"),
    DeviceState.DEGRADED: ("!", "yellow"),
    DeviceState.DOWN: ("✗", "red"),
    DeviceState.MISCONFIGURED: ("✗", "red"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevice:
    """One device of the list."""

    name: str
    kind: str
    place: str
    state: DeviceState
    findings: Sequence[DeviceFinding]
    since: str = ""
    """Since when it is so, in words; "" where nobody knows."""


def print_devices(devices: Sequence[ListedDevice]) -> None:
    """Print the list."""
    names = max((cell_len(it.name) for it in devices), default=0)
    states = max((cell_len(str(state_text(it.state))) for it in devices), default=0)
    for it in devices:
        mark, style = _MARKS[it.state]
        state = str(state_text(it.state))
        about = ", ".join(filter(None, (str(kind_text(it.kind)), it.place, it.since)))
        columns = (_filled(it.name, names), _filled(state, states), about)
        print_line(f"{mark} {'  '.join(columns)}".rstrip(), style=style)
        for finding in it.findings:
            print_line(f"    {finding.text}{': ' if finding.evidence else ''}{finding.evidence}")
            print_line(f"    → {owner_text(finding.owner)}: {finding.to_do}")
    counts = Counter(it.state for it in devices)
    down = counts[DeviceState.DOWN] + counts[DeviceState.MISCONFIGURED]
    sums = {"up": counts[DeviceState.UP], "degraded": counts[DeviceState.DEGRADED], "down": down}
    print_line(text("acceptance.sum", count=len(devices), **sums), style="bold")


def _filled(words: str, width: int) -> str:
    return words + " " * (width - cell_len(words))
