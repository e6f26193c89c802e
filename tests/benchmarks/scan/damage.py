"""What happens to paper before and in a scanner, made from a seed."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from hub.rules.papers import codes
from hub.rules.papers.codes import PaperCode
from tests.support.papers import pages as drawn

CM: Final = 1.5
"""The smallest QR code that a paper of ours carries."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A page, and the texts of the codes that are on it."""

    picture: Image.Image
    texts: frozenset[str]


def paper(seed: int) -> PaperCode:
    """Return a made-up paper."""
    return PaperCode(f"000.99.01.H57-261129-{seed % 10_000:04d}", f"TP-{seed % 9 + 1:02d}")


def plain(seed: int) -> Damaged:
    """Return a page as it came from the printer."""
    text = codes.qr_text(paper(seed))
    return Damaged(drawn.with_qr(drawn.sheet(seed), text, cm=CM), frozenset({text}))


def rotated(seed: int) -> Damaged:
    """Return a page that lies on its side or on its head."""
    page, quarter = plain(seed), random.Random(seed).choice((90, 180, 270))
    return Damaged(drawn.turned(page.picture, quarter), page.texts)


def skewed(seed: int) -> Damaged:
    """Return a page that was drawn in crooked, by up to 45 degrees."""
    page, degrees = plain(seed), random.Random(seed).uniform(-45, 45)
    return Damaged(drawn.turned(page.picture, degrees), page.texts)


def faxed(seed: int) -> Damaged:
    """Return a page that came by fax: 204 x 196 dots an inch, its greys dithered."""
    page = plain(seed)
    width, height = page.picture.size
    grey = page.picture.point(lambda level: 40 + level * 180 // 255)
    small = grey.resize((width * 204 // 300, height * 196 // 300), Image.Resampling.BILINEAR)
    return Damaged(small.convert("1").convert("L").resize((width, height)), page.texts)


def noisy(seed: int) -> Damaged:
    """Return a pale page with the noise of a cheap scanner."""
    page, numbers = plain(seed), random.Random(seed)
    size = page.picture.size
    noise = Image.frombytes("L", size, numbers.randbytes(size[0] * size[1]))
    return Damaged(Image.blend(page.picture, noise, numbers.uniform(0.3, 0.55)), page.texts)


def torn(seed: int) -> Damaged:
    """Return a page without its corner: the tear ends before the code, or takes some of it."""
    page, numbers = plain(seed), random.Random(seed)
    out, side = page.picture.copy(), CM / 2.54 * 300
    right, top = out.width - 0.8 * 300, 0.5 * 300  # the corner of the code
    depth = numbers.uniform(-0.5, 0.4) * side
    far = 3 * side
    gone = [(right - depth - far, top - far), (right + far, top + depth + far), (right + far, -far)]
    ImageDraw.Draw(out).polygon(gone, fill=90)
    return Damaged(out, page.texts)


def two_up(seed: int) -> Damaged:
    """Return two papers side by side on one page, half as large, each with its own code."""
    one, two = plain(seed), plain(seed + 5_000)
    width, height = one.picture.size
    # The codes keep their size: two A5 papers were laid on the glass.
    half = [it.picture.crop((width // 3, 0, width, height // 2)) for it in (one, two)]
    sheet = Image.new("L", (sum(it.width for it in half), height // 2), drawn.WHITE)
    sheet.paste(half[0], (0, 0))
    sheet.paste(half[1], (half[0].width, 0))
    return Damaged(sheet, one.texts | two.texts)


KINDS: Final[Mapping[str, Callable[[int], Damaged]]] = {
    "plain": plain,
    "rotated": rotated,
    "skewed": skewed,
    "faxed": faxed,
    "noisy": noisy,
    "torn": torn,
    "two_up": two_up,
}
