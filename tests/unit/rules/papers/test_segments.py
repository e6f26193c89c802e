"""Stacks are cut by codes: each segment has its own code, and what is not certain is a person's."""

from hub.messages.payloads import UnreadCause
from hub.rules.papers import codes
from hub.rules.papers.codes import PaperCode
from hub.rules.papers.segments import ReadPage, Segment, read_page, segments_of

ONE = PaperCode("H57.33.20-261129-0042", "TN02-BD")
TWO = PaperCode("H57.33.20-261129-0043", "TN02-GCN")
CARD = "001099012345|123456789|Nguyễn Văn Thử|01011990|Nam|Tổ 1, Huế|01012021"


def page(*found: PaperCode) -> ReadPage:
    return ReadPage(frozenset(found))


PLAIN, BLANK, FOREIGN = page(), ReadPage(blank=True), ReadPage(foreign=True)


def test_each_segment_has_its_own_code() -> None:
    """Two papers in one stack go to two places; a repeated label does not begin a new one."""
    found = segments_of([page(ONE), PLAIN, page(ONE), page(TWO), PLAIN])
    assert found == [Segment((0, 1, 2), ONE), Segment((3, 4), TWO)]


def test_the_first_code_is_not_the_code_of_the_stack() -> None:
    """What lies before the first code is nobody's, and a person is asked."""
    found = segments_of([PLAIN, PLAIN, page(ONE)])
    assert found == [Segment((0, 1), None, UnreadCause.NO_CODE), Segment((2,), ONE)]


def test_two_codes_on_a_page_tell_nothing_and_keep_what_follows() -> None:
    """The pages behind it do not fall to the segment before, nor to one of the two."""
    found = segments_of([page(ONE), page(ONE, TWO), PLAIN, page(TWO)])
    assert found == [
        Segment((0,), ONE),
        Segment((1, 2), None, UnreadCause.TWO_CODES),
        Segment((3,), TWO),
    ]


def test_a_foreign_code_takes_its_segment_to_a_person_with_a_proposal() -> None:
    """It may be the cover sheet of another office; what our code told is proposed."""
    assert segments_of([page(ONE), FOREIGN]) == [Segment((0, 1), ONE, UnreadCause.FOREIGN_CODE)]


def test_a_dossier_without_a_component_is_a_proposal() -> None:
    """A Code 128 tells the dossier alone."""
    receipt = PaperCode(ONE.number)
    assert segments_of([page(receipt)]) == [Segment((0,), receipt, UnreadCause.NO_COMPONENT)]


def test_blank_pages_are_left_out_and_never_the_whole_stack() -> None:
    """Back sides go; a stack of nothing is shown to a person, for the test may be wrong."""
    assert segments_of([BLANK, page(ONE), BLANK, PLAIN]) == [Segment((1, 3), ONE)]
    assert segments_of([BLANK, BLANK]) == [Segment((0, 1), None, UnreadCause.BLANK)]
    assert segments_of([]) == []


def test_a_page_is_what_its_codes_tell() -> None:
    """The Code 128 beside a QR code adds nothing; a foreign code beside ours is content; so is that
    of an identity card; and a page with any code is not blank."""
    qr, bars = codes.qr_text(ONE), codes.code128_text(ONE)
    assert read_page([qr, bars], blank=False) == page(ONE)
    assert read_page([qr, "https://example.org"], blank=False) == page(ONE)
    assert read_page([CARD], blank=False) == PLAIN
    assert read_page(["https://example.org"], blank=True) == FOREIGN
    assert read_page([qr, TWO.number], blank=False).codes == {ONE, PaperCode(TWO.number)}
