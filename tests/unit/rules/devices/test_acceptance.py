"""What the acceptance of devices asks, when all passed, and the protocol to sign."""

from datetime import UTC, datetime

import pytest

from hub.rules.devices.acceptance import (
    AcceptanceOutcome,
    ProtocolRow,
    all_passed,
    seen_by_check,
    step_of,
)
from hub.rules.devices.health import DeviceFinding
from hub.rules.devices.protocol import Protocol
from hub.rules.devices.reading import KINDS
from hub.texts import Text

AT = datetime(2018, 8, 6, 2, 30, tzinfo=UTC)


def answer(outcome: AcceptanceOutcome, *, remark: str = "", place: str = "") -> ProtocolRow:
    """Return an answer about a device."""
    words = Text("hỏi", "asked")
    return ProtocolRow(
        device="scanner-1",
        kind="scanner",
        place=place,
        outcome=outcome,
        task=words,
        seen=words,
        remark=remark,
        at=AT,
    )


def test_every_kind_has_a_question_and_a_task_names_the_code_that_it_shows() -> None:
    """A kind that nobody gave a step is checked and asked about, too."""
    for kind in (*KINDS, "a kind of tomorrow"):
        step = step_of(kind)
        assert step.question().vi
        if step.shows_code:
            assert step.task is not None
            assert "KT-1" in step.task("KT-1")
    assert step_of("a kind of tomorrow").task is None


@pytest.mark.parametrize(
    "outcome", [it for it in AcceptanceOutcome if it is not AcceptanceOutcome.PASSED]
)
def test_all_passed_only_where_each_device_has(outcome: AcceptanceOutcome) -> None:
    """A device that was skipped, or that the walk did not reach, has not passed."""
    assert all_passed([answer(AcceptanceOutcome.PASSED)])
    assert not all_passed([answer(AcceptanceOutcome.PASSED), answer(outcome)])


def test_without_a_device_nothing_has_passed() -> None:
    """An empty protocol is no acceptance."""
    assert not all_passed([])


def test_a_check_is_shown_with_its_evidence() -> None:
    """A device without findings says that it is up."""
    assert seen_by_check([]).en == "up"
    assert "/srv/scans" in seen_by_check([DeviceFinding("folder_away", "/srv/scans")]).en


def test_the_protocol_names_who_when_and_what_and_has_room_to_sign() -> None:
    """In the ward's time, and what a person typed cannot become a part of the page."""
    answers = [answer(AcceptanceOutcome.SKIPPED, remark="<b>no paper</b>", place="quầy <1>")]
    protocol = Protocol(answers=answers, who="Trần Thị Thử", version="1", begun=AT, ended=AT)
    page, lines = protocol.as_html(), protocol.as_text()
    for shown in (page, lines):
        assert "Trần Thị Thử" in shown
        assert "06/08/2018 09:30:00" in shown
        assert shown.count("." * 40) == 2
        assert str(AcceptanceOutcome.SKIPPED.text) in shown
    assert "<b>" not in page
    assert "&lt;b&gt;no paper&lt;/b&gt;" in page
    assert "quầy <1>" in lines
