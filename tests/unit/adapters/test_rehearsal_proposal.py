"""What a rehearsal writes down: lines that load, words without numbers, lengths of columns."""

from pathlib import Path

import pytest

from adapters.provincial import profile as province
from adapters.wire.profile import Code, Means
from adapters.wire.rehearsal.messages import kept, phrase
from adapters.wire.rehearsal.proposal import Proposal
from adapters.wire.rehearsal.records import Pair, PairKind
from adapters.wire.rehearsal.steps.comparing import changes_of, cut_length
from hub.texts import Language, Text, use_language

SEEN = Text("thấy\nvậy", "seen\nso")


@pytest.fixture
def proposal() -> Proposal:
    """An empty proposal over the shipped profile of the province."""
    return Proposal(lambda text: province.load(proposal=text).profile)


def test_the_lines_of_a_proposal_load_as_a_file_of_their_own(
    proposal: Proposal, tmp_path: Path
) -> None:
    """Every line has its reason above it, and the file alone gives the profile that was meant."""
    code = Code(means=Means.NOT_THERE, words=('không "có" hồ sơ',), statuses=(200, 404))
    assert proposal.add(("codes", "-77"), code, SEEN) is None
    assert proposal.add(("echo", "header"), "", SEEN) is None
    own = tmp_path / "own.toml"
    own.write_text(proposal.text("a heading"), encoding="utf-8")
    found = province.load(own).profile
    assert found == proposal.profile
    assert found.codes["-77"] == code
    assert "# seen so\n" in own.read_text(encoding="utf-8")
    use_language(Language.VI)
    assert proposal.add(("echo", "header"), "", SEEN) is None
    assert "# thấy vậy\n" in proposal.text()


def test_a_line_that_contradicts_the_profile_is_not_taken(proposal: Proposal) -> None:
    """A status that ends sessions cannot belong to a code that says something else."""
    code = Code(means=Means.NOT_THERE, words=("không",), statuses=(401,))
    problem = proposal.add(("codes", "-77"), code, SEEN)
    assert problem is not None
    assert "statuses" in problem.en
    assert "trạng thái" in problem.vi
    assert proposal.lines == ()


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("Hồ sơ 000.99.01.H57-900101-0000 không có trong hệ thống", "không có trong hệ thống"),
        ("Phiên 9f86d081884c7d659a2feaa0c55ad015 đã hết hạn", "đã hết hạn"),
        ("000123456789", ""),
        ("", ""),
    ],
)
def test_a_proposed_word_holds_no_number(message: str, wanted: str) -> None:
    """What changes from reply to reply, or belongs to a person, is left out."""
    assert phrase(message) == wanted
    assert not any(char.isdigit() for char in kept(message))


@pytest.mark.parametrize("width", [20, 40])
def test_the_width_of_a_column_shows_itself_in_texts_of_any_blanks(width: int) -> None:
    """Folded blanks and padding do not hide where a text was cut."""
    texts = (
        "Nguyễn  Thị Thử Nghiệm Ghềnh và một tên rất dài ở đây",
        "Bộ phận tiếp nhận và trả kết quả hồ sơ của phường",
        "Một đoạn khác hẳn, dài hơn bốn mươi chữ, để đo chỗ cắt",
    )
    backs = [" ".join(it.split())[:width].upper().ljust(width) for it in texts]
    pairs = [Pair("x", PairKind.TEXT, sent, back) for sent, back in zip(texts, backs, strict=True)]
    assert cut_length(pairs) == width


def test_a_text_of_another_writing_is_named_by_what_changed() -> None:
    """Case, blanks and normal form are told apart; an equal text has no change."""
    assert list(changes_of("Cán  bộ", "Cán  bộ")) == []
    assert list(changes_of("Cán  bộ", "Cán bộ")) == ["blanks"]
    assert list(changes_of("Cán bộ", "CÁN BỘ")) == ["case"]
    assert list(changes_of("Cán bộ", "Ca\u0301n bộ")) == ["form"]
