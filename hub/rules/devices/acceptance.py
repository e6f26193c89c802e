"""The acceptance of devices: what is asked for each kind, what counts, whether all passed. Pure.

A device passes when its check leaves it working, its proof was seen and a person has said yes. A
kind without a proof has the check and the question.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from hub.rules.devices.health import DeviceFinding, state_of, state_text
from hub.rules.devices.reading import (
    BARCODE_READER,
    CAMERA,
    DISPLAY,
    ESCL_SCANNER,
    KINDS,
    KIOSK,
    PHOTOCOPIER,
    PRINTER,
    SCANNER,
)
from hub.rules.edge.protocol import AGENT_ITSELF
from hub.texts import Text, both, joined


class AcceptanceOutcome(StrEnum):
    """What became of a device."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_DONE = "not_done"
    """The walk ended before it."""

    @property
    def text(self) -> Text:
        """The outcome in a word."""
        return both(f"acceptance.outcome_{self}")


@dataclass(frozen=True, slots=True)
class AcceptanceStep:
    """What a kind is asked."""

    task: Callable[[str], Text] | None
    """What the person does, with a fresh code; None for a kind without a proof."""
    question: Callable[[], Text]
    """What only a person can see."""
    shows_code: bool = False


_STEPS: Final = {
    BARCODE_READER: AcceptanceStep(
        lambda code: both("acceptance.do_barcode_reader", code=code),
        lambda: both("acceptance.ask_barcode_reader"),
        shows_code=True,
    ),
    SCANNER: AcceptanceStep(
        lambda _code: both("acceptance.do_scanner"), lambda: both("acceptance.ask_scanner")
    ),
    ESCL_SCANNER: AcceptanceStep(
        lambda _code: both("acceptance.do_escl_scanner"), lambda: both("acceptance.ask_scanner")
    ),
    PRINTER: AcceptanceStep(
        lambda code: both("acceptance.do_printer", code=code),
        lambda: both("acceptance.ask_printer"),
    ),
    PHOTOCOPIER: AcceptanceStep(None, lambda: both("acceptance.ask_photocopier")),
    CAMERA: AcceptanceStep(None, lambda: both("acceptance.ask_camera")),
    KIOSK: AcceptanceStep(None, lambda: both("acceptance.ask_kiosk")),
    DISPLAY: AcceptanceStep(None, lambda: both("acceptance.ask_display")),
    AGENT_ITSELF: AcceptanceStep(None, lambda: both("acceptance.ask_edge_agent")),
}
_NAMED: Final = frozenset({*KINDS, KIOSK, DISPLAY, AGENT_ITSELF})
_OTHER: Final = AcceptanceStep(None, lambda: both("acceptance.ask_other"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolRow:
    """One row of the protocol."""

    device: str
    kind: str
    place: str
    outcome: AcceptanceOutcome
    task: Text
    seen: Text
    """What the check and the proof found."""
    remark: str = ""
    """Why it was skipped, in the person's words."""
    at: datetime


def kind_text(kind: str) -> Text:
    """Return what a device is, in a word or two; a kind of a later version as it is called."""
    return both(f"device_kinds.{kind}") if kind in _NAMED else Text(kind, kind)


def step_of(kind: str) -> AcceptanceStep:
    """Return what a kind is asked; one that has no step of its own is checked and asked."""
    return _STEPS.get(kind, _OTHER)


def seen_by_check(findings: Sequence[DeviceFinding]) -> Text:
    """Return what a check found, in a sentence."""
    if not findings:
        return state_text(state_of(findings))
    shown = (joined(": ", (it.text, Text(it.evidence, it.evidence))) for it in findings)
    return joined("; ", shown)


def all_passed(answers: Iterable[ProtocolRow]) -> bool:
    """Return whether there are devices, and each has passed."""
    outcomes = [it.outcome for it in answers]
    return bool(outcomes) and all(it is AcceptanceOutcome.PASSED for it in outcomes)
