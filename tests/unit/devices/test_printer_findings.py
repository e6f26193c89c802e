"""What a printer says of itself is a state that a person at the counter would agree with."""

import pytest

from adapters.devices.printer.calls import NotIpp
from adapters.devices.printer.health import findings_of
from adapters.devices.printer.ipp import Attributes
from hub.rules.devices.health import DeviceState, state_of

IDLE, PROCESSING, STOPPED = 3, 4, 5


def saying(state: int, *reasons: str) -> Attributes:
    """Return what a printer says that is well but for its reasons."""
    return {
        "printer-state": [state],
        "printer-state-reasons": list(reasons),
        "printer-is-accepting-jobs": [True],
    }


def codes(state: int, *reasons: str) -> list[str]:
    """Return the codes of its findings."""
    return [it.code for it in findings_of(saying(state, *reasons))]


def test_reasons_are_findings_by_their_word_and_ending() -> None:
    """A known reason counts with every ending, an unknown one by its ending."""
    said: Attributes = {
        "printer-state": [5],
        "printer-state-reasons": [
            "media-empty-error",
            "media-needed",
            "toner-low-report",
            "timed-out-report",
            "fuser-over-temp-error",
            "developer-low-warning",
            "none",
        ],
        "printer-is-accepting-jobs": [False],
        "document-format-supported": ["application/pdf"],
        "media-ready": ["iso_a4_210x297mm"],
    }
    assert {it.code: it.evidence for it in findings_of(said)} == {
        "printer_paper_out": "media-empty-error, media-needed",
        "printer_toner_low": "toner-low-report",
        "printer_stopped": "fuser-over-temp-error",
        "printer_warns": "developer-low-warning",
        "printer_takes_no_jobs": "",
    }


def test_a_printer_that_says_little_is_not_accused() -> None:
    """What it does not say is not wrong; a printer that stopped without a reason is."""
    assert codes(IDLE, "none") == []
    assert codes(STOPPED) == ["printer_stopped"]


@pytest.mark.parametrize("reply", [{}, {"printer-state": []}, {"printer-state": [None]}])
def test_a_reply_without_a_state_is_refused(reply: Attributes) -> None:
    """A printer that says nothing of itself is not up."""
    with pytest.raises(NotIpp, match="no printer-state"):
        findings_of(reply)


@pytest.mark.parametrize("state", [IDLE, PROCESSING])
@pytest.mark.parametrize("ending", ["-report", "-warning"])
@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("media-empty", "printer_tray_empty"),
        ("input-tray-missing", "printer_tray_empty"),
        ("output-area-full", "printer_output_full"),
        ("marker-supply-empty", "printer_supply_empty"),
        ("toner-empty", "printer_supply_empty"),
        ("marker-waste-full", "printer_supply_empty"),
    ],
)
def test_a_printer_that_prints_with_an_empty_bypass_tray_is_degraded(
    state: int, ending: str, word: str, code: str
) -> None:
    """One tray of several is empty: a person fills it, nobody is told that the printer is down."""
    assert codes(state, word + ending) == [code]
    assert state_of(findings_of(saying(state, word + ending))) is DeviceState.DEGRADED


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        (STOPPED, "media-empty-report", "printer_paper_out"),
        (STOPPED, "marker-supply-empty-warning", "printer_toner_out"),
        (STOPPED, "output-area-full-warning", "printer_tray_full"),
        (IDLE, "media-empty-error", "printer_paper_out"),
        (IDLE, "media-empty", "printer_paper_out"),
        (PROCESSING, "media-needed-report", "printer_paper_out"),
        (IDLE, "cover-open-report", "printer_open"),
        (IDLE, "media-jam-warning", "printer_jammed"),
    ],
)
def test_a_printer_that_prints_nothing_is_down(state: int, reason: str, code: str) -> None:
    """It has stopped, or says an error, or a job waits for paper, or no page can pass."""
    assert codes(state, reason) == [code]
    assert state_of(findings_of(saying(state, reason))) is DeviceState.DOWN


@pytest.mark.parametrize("reason", ["media-low-warning", "toner-low-report", "odd-warning"])
def test_a_printer_that_stopped_is_down_though_its_reasons_explain_less(reason: str) -> None:
    """That paper is low did not stop it; all of its words are evidence."""
    found = findings_of(saying(STOPPED, reason))
    assert state_of(found) is DeviceState.DOWN
    assert {it.code: it.evidence for it in found}["printer_stopped"] == reason
