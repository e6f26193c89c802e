"""What a reply of the province means: codes in any spelling, words that must agree, SOAP faults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.provincial.faults import REPLIES, Meaning, Row, meaning, reply_code, soap_fault
from hub.rules.errors import (
    FAULTS,
    AmbiguousFailure,
    DeliveryFailure,
    FaultClass,
    PermanentFailure,
    TransientFailure,
)


@pytest.mark.parametrize("value", [0, "0", "00", "000", " 0 "])
def test_success_in_every_spelling(value: int | str) -> None:
    """Number 0, "0" and "00" were all seen in use."""
    assert meaning(reply_code(value), "Thành công") is Meaning.DONE
    assert meaning(reply_code(value), "") is Meaning.DONE


@pytest.mark.parametrize(
    "message", ["Không thành công", "KHÔNG THÀNH CÔNG", "Thất bại", "Lỗi hệ thống"]
)
def test_a_code_of_success_with_words_of_failure_is_unknown(message: str) -> None:
    """ "không thành công" holds "thành công": the words decide that we do not know."""
    with pytest.raises(AmbiguousFailure, match="reply_unknown_code"):
        meaning(0, message)


@pytest.mark.parametrize("code", [3, -3, "3", "-3", "03"])
def test_already_there_needs_the_words(code: int | str) -> None:
    """Composed or decomposed letters; without the words the code is not understood."""
    assert meaning(reply_code(code), "Hồ sơ ĐÃ TỒN TẠI") is Meaning.ALREADY
    assert meaning(
        reply_code(code), "Ho\u0302\u0300 so\u031b đa\u0303 to\u0302\u0300n ta\u0323i"
    ) is (Meaning.ALREADY)
    with pytest.raises(AmbiguousFailure, match="reply_unknown_code"):
        meaning(reply_code(code), "Thành công")


@given(st.integers().filter(lambda code: code not in {row.code for row in REPLIES}), st.text())
def test_an_unknown_code_is_never_success_nor_without_effect(code: int, message: str) -> None:
    """Whatever it says beside it."""
    with pytest.raises(AmbiguousFailure, match="reply_unknown_code"):
        meaning(code, message)


@given(st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.integers()))
def test_a_reply_without_a_code_is_unreadable(value: object) -> None:
    """It either is a number in some spelling or no reply."""
    try:
        found = reply_code(value)
    except AmbiguousFailure as failure:
        found = failure.code == "reply_unreadable"
    assert found is True or isinstance(value, str)


@pytest.mark.parametrize("row", [row for row in REPLIES if not isinstance(row.means, Meaning)])
def test_the_table_uses_codes_with_their_class(row: Row) -> None:
    """A row cannot call a code transient that the hub calls ambiguous."""
    with pytest.raises(DeliveryFailure) as raised:
        meaning(row.code, " ".join(row.words))
    assert FAULTS[raised.value.code].fault_class is raised.value.fault_class


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-1, "Phiên làm việc đã hết hạn"),
        (-1, "Session expired"),
        (-2, "Hồ sơ không tồn tại"),
        (-2, "Không tìm thấy hồ sơ"),
        (-8, "Hệ thống bận"),
    ],
)
def test_what_makes_us_send_again_must_be_said_in_words(code: int, words: str) -> None:
    """Without them the effect is unknown: a new login or a proof of absence would repeat it."""
    try:
        said = meaning(code, words) in {Meaning.SESSION_OVER, Meaning.NOT_THERE}
    except TransientFailure as failure:
        said = failure.code == "partner_busy"
    assert said
    with pytest.raises(AmbiguousFailure, match="reply_unknown_code"):
        meaning(code, "Lỗi")


@pytest.mark.parametrize(
    ("code", "fault_class"),
    [
        ("soap:Client", FaultClass.PERMANENT),
        ("Client.Authentication", FaultClass.PERMANENT),
        ("SOAP-ENV:Server", FaultClass.AMBIGUOUS),
        ("Server.userException", FaultClass.AMBIGUOUS),
        ("", FaultClass.AMBIGUOUS),
        ("soap:Whatever", FaultClass.AMBIGUOUS),
    ],
)
def test_a_soap_fault_is_certain_only_when_the_client_is_blamed(
    code: str, fault_class: FaultClass
) -> None:
    """With or without prefix and detail; anything unclear leaves the effect unknown."""
    failure = soap_fault(code)
    assert failure.fault_class is fault_class
    assert isinstance(failure, PermanentFailure | AmbiguousFailure)
