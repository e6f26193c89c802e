"""A page that somebody wrote on is never called blank, whatever its paper is."""

import pytest
from PIL import Image, ImageDraw

from hub.page_reading.blankness import is_blank

A4_AT_150 = (1240, 1754)


def written(paper: int, ink: int) -> Image.Image:
    """Return a page with ten lines of writing, in levels of grey."""
    made = Image.new("L", A4_AT_150, paper)
    for line in range(10):
        at = 200 + 120 * line
        ImageDraw.Draw(made).rectangle((150, at, 1000, at + 20), fill=ink)
    return made


@pytest.mark.parametrize(
    ("paper", "ink"),
    [(255, 0), (230, 150), (90, 180), (10, 255), (140, 230)],
    ids=["print", "pencil", "red cover with gold", "negative", "light on grey"],
)
def test_a_page_with_writing_is_not_blank(paper: int, ink: int) -> None:
    """Also where the writing is lighter than the paper."""
    assert not is_blank(written(paper, ink))


def test_a_small_card_on_a_black_lid_is_not_blank() -> None:
    """Most of the page is the scanner's lid."""
    made = Image.new("L", A4_AT_150, 5)
    made.paste(written(250, 30).crop((0, 150, 500, 500)), (300, 300))
    assert not is_blank(made)


@pytest.mark.parametrize("paper", [255, 235, 200, 140])
def test_paper_alone_is_blank(paper: int) -> None:
    """White, recycled, coloured."""
    made = Image.new("L", A4_AT_150, paper)
    ImageDraw.Draw(made).point([(400, 400), (700, 900)], fill=0)
    assert is_blank(made)
