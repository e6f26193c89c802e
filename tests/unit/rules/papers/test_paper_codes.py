"""The text of the codes on papers: read back as written, and never read as another's."""

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.papers import codes
from hub.rules.papers.codes import PaperCode

NUMBER = "H57.33.20-261129-0042"
CODES = st.builds(
    PaperCode,
    st.from_regex(r"\A[0-9A-Z.]{1,30}-[0-9]{6}-[0-9]{4,7}\Z"),
    st.one_of(st.just(""), st.from_regex(r"\A[A-Za-z0-9ĐÔ_.-]{1,60}\Z")),
)


@given(CODES)
def test_a_code_is_read_as_it_was_written(code: PaperCode) -> None:
    """Both texts lead back to the dossier, and the QR code to its component too."""
    assert codes.parse(codes.qr_text(code)) == code
    assert codes.parse(codes.code128_text(code)) == PaperCode(code.number)


@pytest.mark.parametrize(
    "changed",
    [
        codes.qr_text(PaperCode(NUMBER, "TN02-BD")).replace("0042", "0043"),
        codes.qr_text(PaperCode(NUMBER, "TN02-BD")).replace("BD", "HD"),
        codes.qr_text(PaperCode(NUMBER, "TN02-BD")).replace("HS1", "HS2"),
        codes.qr_text(PaperCode(NUMBER, "TN02-BD")).lower(),
        codes.qr_text(PaperCode(NUMBER, "TN02-BD")) + "\n",
        NUMBER + " ",
        "https://example.org/tra-cuu?so=" + NUMBER,
        "001099012345|123456789|Nguyễn Văn A|01011990|Nam|Huế|01012021",
        "",
    ],
)
def test_what_is_not_ours_tells_nothing(changed: str) -> None:
    """A text that was changed, of a later form or of somebody else is a foreign code."""
    assert codes.parse(changed) is None


@pytest.mark.parametrize(("number", "component"), [("H57", "A"), (NUMBER, "a:b"), (NUMBER, "a b")])
def test_what_no_code_can_hold_is_not_written(number: str, component: str) -> None:
    """A number or a component that could not be read back never gets onto a paper."""
    with pytest.raises(ValueError, match="not a"):
        PaperCode(number, component)


def test_a_qr_code_holds_the_text() -> None:
    """The text fits a QR code of a size that a cover sheet has room for: 37 modules at most."""
    made = zxingcpp.create_barcode(
        codes.qr_text(PaperCode(NUMBER, "TN02-BD")), zxingcpp.BarcodeFormat.QRCode
    )
    shape = memoryview(made.to_image(scale=1, add_quiet_zones=False)).shape  # type: ignore[arg-type]
    assert shape is not None
    assert max(shape) <= 37
