"""The pictures on the pages of a dossier: its bar code and its way."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from hub.console.dossiers.barcode import HEIGHT, barcode
from hub.console.dossiers.picture import MOST, picture
from hub.console.dossiers.timeline import SIDES, Entry
from hub.texts import Text

NUMBER = "000.99.01.H57-180806-0001"
AT = datetime(2018, 8, 6, 16, 0, tzinfo=UTC)
NAMES = ("devices", "<ward>", "province", "town")


def entry(n: int, side: str, *, failed: bool = False) -> Entry:
    return Entry(at=AT + timedelta(hours=n), side=side, what=Text("a", "b"), failed=failed)


def test_a_reader_reads_the_dossier_number_from_the_drawn_bars() -> None:
    """What the page draws is given to a reader of bar codes, as a picture."""
    drawn = str(barcode(NUMBER))
    size = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn)
    assert size is not None
    image = Image.new("L", (int(size[1]) * 2, int(size[2]) * 2), 255)
    bars = ImageDraw.Draw(image)
    for left, width in re.findall(r"M(\d+) 0h(\d+)v", drawn):
        x, wide = int(left) * 2, int(width) * 2
        bars.rectangle((x, 0, x + wide - 1, HEIGHT * 2), fill=0)
    (read,) = zxingcpp.read_barcodes(image)
    assert read.text == NUMBER
    assert f'aria-label="{NUMBER}"' in drawn


@pytest.mark.parametrize("content", ["", "mã", "a\n"])
def test_what_a_bar_code_cannot_hold_is_refused(content: str) -> None:
    """Nothing else than the number may stand on the slip."""
    with pytest.raises(ValueError, match="printable ASCII"):
        barcode(content)


def test_each_thing_has_its_number_in_the_lane_of_its_side() -> None:
    """The numbers are those of the list, a failure is marked, names are escaped."""
    several = [entry(0, "devices"), entry(1, "ward"), entry(9, "town", failed=True)]
    drawn = str(picture(several, NAMES))
    assert re.findall(r'class="at[^"]*"[^>]*>(\d+)<', drawn) == ["1", "2", "3"]
    assert len(re.findall('class="lane"', drawn)) == len(SIDES)
    assert re.findall(r'<circle class="([^"]+)"', drawn) == ["devices", "ward", "town failed"]
    assert "&lt;ward&gt;" in drawn
    assert 'aria-hidden="true"' in drawn
    heights = [float(y) for y in re.findall(r'<circle [^>]*cy="([\d.]+)"', drawn)]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


def test_a_new_day_of_the_ward_begins_with_its_date() -> None:
    """By the ward's zone: 17:00 UTC is the next day in Vietnam."""
    drawn = str(picture([entry(0, "ward"), entry(1, "ward"), entry(2, "ward")], NAMES))
    assert re.findall(r'class="date"[^>]*>([^<]*)<', drawn) == ["06/08", "07/08"]


def test_a_long_way_shows_its_last_things_by_their_own_numbers() -> None:
    """A dossier that was tried all night makes no picture without end."""
    drawn = str(picture([entry(0, "ward")] * (MOST + 30), NAMES))
    numbers = re.findall(r'class="at"[^>]*>(\d+)<', drawn)
    assert (len(numbers), numbers[0], numbers[-1]) == (MOST, "31", str(MOST + 30))
