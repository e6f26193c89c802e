"""What a reply of the province means: codes in any spelling, words that must agree, SOAP faults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.provincial import faults
from adapters.provincial.profile import shipped
from adapters.wire.profile import Code, Means
from adapters.wire.reading import Reply
from adapters.wire.reading.code_table import FAILURES, normal
from adapters.wire.reading.documents.soap import SoapFault
from hub.rules.failures.errors import (
    FAULTS,
    AmbiguousFailure,
    DeliveryFailure,
    FaultClass,
    PermanentFailure,
    TransientFailure,
)

CODES = shipped().codes
TABLE = faults.table_of(shipped())


def meaning(code: str, message: str, *, status: int = 200) -> Means:
    return faults.meaning(Reply(status=status), code, message, table=TABLE)


@pytest.mark.parametrize("value", ["0", "00", "000", " 0 ", "0.0", "+0", "-0"])
def test_success_in_every_spelling(value: str) -> None:
    """Number 0, "0" and "00" were all seen in use."""
    assert meaning(value, "Thành công") is Means.DONE
    assert meaning(value, "") is Means.DONE


@pytest.mark.parametrize(
    "message", ["Không thành công", "KHÔNG THÀNH CÔNG", "Thất bại", "Lỗi hệ thống"]
)
def test_a_code_of_success_with_words_of_failure_is_unknown(message: str) -> None:
    """ "không thành công" holds "thành công": the words decide that we do not know."""
    with pytest.raises(AmbiguousFailure, match="error_code: a code of success beside words"):
        meaning("0", message)


def test_a_code_of_success_without_an_error_is_success() -> None:
    """ "Không có lỗi" holds "lỗi", and denies it."""
    assert meaning("0", "Không có lỗi") is Means.DONE


def test_a_code_of_refusal_with_words_of_success_is_unknown() -> None:
    """One of the two is wrong, and nobody knows which."""
    with pytest.raises(AmbiguousFailure, match="a code of refusal beside words of success"):
        meaning("-4", "Thành công")


@pytest.mark.parametrize("code", ["3", "-3", "03"])
def test_already_there_needs_the_words(code: str) -> None:
    """Composed or decomposed letters; without the words the code is not understood."""
    assert meaning(code, "Hồ sơ ĐÃ TỒN TẠI") is Means.ALREADY
    apart = "Ho\u0302\u0300 so\u031b đa\u0303 to\u0302\u0300n ta\u0323i"
    assert meaning(code, apart) is Means.ALREADY
    with pytest.raises(AmbiguousFailure, match="reply_unknown_code"):
        meaning(code, "Thành công")


KNOWN = {normal(code) for code in CODES}


@given(st.integers().filter(lambda code: str(code) not in KNOWN), st.text())
def test_an_unknown_code_is_never_success_nor_without_effect(code: int, message: str) -> None:
    """Whatever it says beside it."""
    with pytest.raises(AmbiguousFailure, match="reply_unknown_code"):
        meaning(str(code), message)


@given(st.integers(200, 599), st.sampled_from(sorted(KNOWN)), st.text())
def test_a_code_counts_only_under_a_status_that_it_belongs_to(
    status: int, code: str, message: str
) -> None:
    """Above all after a 5xx, when the province may be at work: that is always unknown."""
    try:
        means = meaning(code, message, status=status)
    except AmbiguousFailure:
        return
    except DeliveryFailure:
        assert status < 500
        assert status not in {200, 201} or code in KNOWN - {"0", "3", "-3"}
        return
    assert status in CODES[code].statuses
    assert means not in FAILURES


def test_a_reply_without_a_code_is_unreadable() -> None:
    """Nothing is concluded from a message alone; a status that refuses still speaks."""
    with pytest.raises(AmbiguousFailure, match="error_code: missing"):
        meaning("", "Thành công")
    with pytest.raises(TransientFailure, match="partner_login"):
        meaning("", "", status=401)


@pytest.mark.parametrize("row", [it for it in CODES.items() if it[1].means in FAILURES])
def test_the_table_uses_codes_with_their_class(row: tuple[str, Code]) -> None:
    """A row cannot call a code transient that the hub calls ambiguous."""
    with pytest.raises(DeliveryFailure) as raised:
        meaning(row[0], " ".join(row[1].words[:1]))
    assert FAULTS[raised.value.code].fault_class is raised.value.fault_class


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("-1", "Phiên làm việc đã hết hạn"),
        ("-1", "Session expired"),
        ("-2", "Hồ sơ không tồn tại"),
        ("-2", "Không tìm thấy hồ sơ"),
        ("-8", "Hệ thống bận"),
    ],
)
def test_what_makes_us_send_again_must_be_said_in_words(code: str, words: str) -> None:
    """Without them the effect is unknown: a new login or a proof of absence would repeat it."""
    try:
        said = meaning(code, words) in {Means.SESSION_OVER, Means.NOT_THERE}
    except TransientFailure as failure:
        said = failure.code == "partner_busy"
    assert said
    with pytest.raises(AmbiguousFailure, match="reply_unknown_code"):
        meaning(code, "Lỗi")


@pytest.mark.parametrize(
    ("code", "fault_class"),
    [
        ("Client", FaultClass.PERMANENT),
        ("Server", FaultClass.AMBIGUOUS),
        ("", FaultClass.AMBIGUOUS),
        ("Whatever", FaultClass.AMBIGUOUS),
    ],
)
def test_a_soap_fault_is_certain_only_when_the_client_is_blamed(
    code: str, fault_class: FaultClass
) -> None:
    """Anything unclear leaves the effect unknown."""
    failure = faults.soap_fault(Reply(status=500), SoapFault(code, code, (), "Lỗi"))
    assert failure.fault_class is fault_class
    assert isinstance(failure, PermanentFailure | AmbiguousFailure)


@pytest.mark.parametrize(("status", "text"), [(502, "Lỗi"), (504, "Lỗi"), (500, "Thành công")])
def test_a_fault_of_the_client_is_unknown_beside_what_contradicts_it(
    status: int, text: str
) -> None:
    """A gateway's status, or words of success: the province may have done it."""
    failure = faults.soap_fault(Reply(status=status), SoapFault("Client", "Client", (), text))
    assert isinstance(failure, AmbiguousFailure)
