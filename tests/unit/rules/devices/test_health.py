"""The state of a device follows from its findings, and every finding has its words."""

import pytest

from hub.rules.devices.health import CODES, DeviceFinding, DeviceState, state_of, worst_first
from hub.rules.owners import OWNERS

PRINTED = DeviceFinding("files_stay", "2 .pdf")
AWAY = DeviceFinding("reader_away", "/dev/x")
WRONG = DeviceFinding("line_forbidden", "/dev/x")


def test_a_device_without_findings_is_up() -> None:
    """Nothing is wrong that the check can see."""
    assert state_of([]) is DeviceState.UP


def test_the_worst_finding_is_the_state_and_is_read_first() -> None:
    """A person reads first what keeps the device from working."""
    assert state_of([PRINTED, AWAY]) is DeviceState.DOWN
    assert state_of([AWAY, WRONG, PRINTED]) is DeviceState.MISCONFIGURED
    assert worst_first([PRINTED, AWAY, WRONG]) == [WRONG, AWAY, PRINTED]


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_finding_says_what_is_wrong_who_acts_and_what_to_do(code: str) -> None:
    """In both languages; a code alone helps nobody at the counter."""
    finding = DeviceFinding(code)
    assert finding.text.vi != finding.text.en
    assert finding.to_do.vi != finding.to_do.en
    assert finding.owner in OWNERS
    assert finding.state is not DeviceState.UP


@pytest.mark.parametrize(
    "hostile", ["\x1b]0;x\x07\x1b[2J-error", "a\nb", "\u202eabc", "\udce1.pdf"]
)
def test_evidence_steers_no_terminal(hostile: str) -> None:
    """It is often a device's own text; what cannot be printed is replaced, the rest stays."""
    evidence = DeviceFinding("printer_stopped", hostile).evidence
    assert evidence.isprintable()
    assert len(evidence) == len(hostile)
    assert DeviceFinding("files_stay", "thư mục quét: 2 .pdf").evidence == "thư mục quét: 2 .pdf"
