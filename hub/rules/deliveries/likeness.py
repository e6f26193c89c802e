"""Whether what a partner shows is what it was given: same, different, or neither is certain. Pure.

Same is what a person reads as the same, within the partner's resolution. Different is only what is
different in every reading of it. Everything between is unclear: cut off, without its marks, garbled
by a code page, rounded, shifted by a time zone. From unclear nothing may be concluded.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from zoneinfo import ZoneInfo

from hub.messages.folding import bare, folded

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ALIKE_FROM = 0.8
"""Share of letters in common from which two texts may be one that was mistyped."""
SHORTEST_CUT = 8
"""Characters from which the start of a code may be what a column left of it: 1 is no cut 10."""
_WIDEST_ZONE = timedelta(hours=14)
_LONGEST = 400
"""Characters up to which texts are compared letter by letter."""
_UNREADABLE = re.compile(r"[?*\ufffd]+")
"""What stands where a code page had no letter, or where a number is masked."""
_CODE_PAGES = ("cp1252", "latin-1", "cp1258")
_DAY_FIRST = re.compile(
    r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:(\d{2})\d{0,9})?)?")


class Likeness(StrEnum):
    """How a value that was found relates to the value that was sent."""

    SAME = "same"
    UNCLEAR = "unclear"
    DIFFERENT = "different"
    """In every reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeTextResolution:
    """How exactly a partner keeps what it is given."""

    time: timedelta = SECOND
    """The smallest step of a time as it comes back."""
    text: int = 0
    """Characters after which a text that comes back is cut off; 0: none is."""


EXACT = TimeTextResolution()


def worst(several: Iterable[Likeness]) -> Likeness:
    """Return the likeness of a whole by those of its parts."""
    found = set(several)
    for likeness in (Likeness.DIFFERENT, Likeness.UNCLEAR):
        if likeness in found:
            return likeness
    return Likeness.SAME


def compare_codes(sent: str, found: str, *, length: int = 0) -> Likeness:
    """Compare two codes: blanks around them, case and leading zeros do not count.

    `length` is where the partner cuts texts off, 0 where it does not.
    """
    ours, theirs = sent.strip().casefold(), found.strip().casefold()
    if ours == theirs or _number(ours) == _number(theirs) is not None:
        return Likeness.SAME
    if {ours, theirs} in ({"true", "1"}, {"false", "0"}):
        return Likeness.SAME
    if not ours or not theirs or _UNREADABLE.search(theirs):
        return Likeness.UNCLEAR
    if len(theirs) >= SHORTEST_CUT and ours.startswith(theirs):
        return Likeness.SAME if len(theirs) == length else Likeness.UNCLEAR
    # A word for a number, or a number for a word, may be the partner's own name of the same.
    return Likeness.UNCLEAR if ours.isdigit() != theirs.isdigit() else Likeness.DIFFERENT


def compare_texts(sent: str, found: str, *, length: int = 0) -> Likeness:
    """Compare two texts; `length` is where the partner cuts texts off, 0 where it does not."""
    ours, theirs = folded(sent), folded(found)
    if ours == theirs or (length and theirs in _cut(sent, length)):
        return Likeness.SAME
    if not ours or not theirs:
        return Likeness.UNCLEAR
    if ours.isdigit() and theirs.isdigit():
        if int(ours) == int(theirs) or ours.startswith(theirs):
            return Likeness.UNCLEAR
        return Likeness.DIFFERENT
    return Likeness.UNCLEAR if _may_be(ours, theirs, found) else Likeness.DIFFERENT


def compare_times(sent: datetime, found: datetime, *, step: timedelta = SECOND) -> Likeness:
    """Compare two times of one zone; `step` is the partner's resolution.

    Without a declared resolution a time that was cut or rounded to the minute, the hour or the day
    is unclear, and so is one whose clock shows another zone or whose day and month changed places.
    """
    apart = abs(sent - found)
    if apart < SECOND or (apart < step and _on_grid(found, step)):
        return Likeness.SAME
    for coarse in (MINUTE, HOUR):
        if apart < coarse and _on_grid(found, coarse):
            return Likeness.UNCLEAR
    if found.date() == sent.date() and _on_grid(found, timedelta(days=1)):
        return Likeness.UNCLEAR
    rest = apart % HOUR
    if apart <= _WIDEST_ZONE + MINUTE and (rest < SECOND or HOUR - rest < SECOND):
        return Likeness.UNCLEAR
    if _zone_and_cut(sent, found, apart) or _turned(sent, found):
        return Likeness.UNCLEAR
    return Likeness.DIFFERENT


def compare_written_times(
    sent: str, found: str, *, zone: ZoneInfo, step: timedelta = SECOND
) -> Likeness:
    """Compare two times as they are written; one that nobody can read is unclear."""
    if sent.strip() == found.strip():
        return Likeness.SAME
    ours, theirs = read_time(sent, zone), read_time(found, zone)
    if ours is None or theirs is None:
        return Likeness.UNCLEAR
    return compare_times(ours, theirs, step=step)


def read_time(text: str, zone: ZoneInfo) -> datetime | None:
    """Return a written time as local time without zone; None where it is in no known form."""
    text = text.strip()
    if found := _DIGITS.fullmatch(text):
        year, month, day, *clock = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year, *clock = found.groups()
    else:
        try:
            read = datetime.fromisoformat(text)
            return read.astimezone(zone).replace(tzinfo=None) if read.tzinfo else read
        except (ValueError, OverflowError):  # the last: the end of the calendar in another zone
            return None
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        return datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001 - local
    except ValueError:
        return None


def cut_step(sent: datetime, found: datetime) -> timedelta | None:
    """Return the step to which a time was cut or rounded, None where it was not."""
    if sent == found:
        return None
    for step in (MINUTE, HOUR):
        if abs(sent - found) < step and _on_grid(found, step):
            return step
    return None


def cut_length(sent: str, found: str) -> int:
    """Return after how many characters a text was cut off, 0 where it was not."""
    whole, start = unicodedata.normalize("NFC", sent).strip(), unicodedata.normalize("NFC", found)
    start = start.strip()
    is_start = folded(start) == folded(whole[: len(start)])
    return len(start) if start and is_start and len(start) < len(whole) else 0


def _cut(sent: str, length: int) -> set[str]:
    """Return what a column of `length` characters, or bytes, may leave of a text in any form."""
    bases = (sent, " ".join(sent.split()))  # blanks may be folded before the column cuts
    forms = [unicodedata.normalize(form, it) for it in bases for form in ("NFC", "NFD")]
    left = [text[:length] for text in forms]
    left += [text.encode()[:length].decode(errors="ignore") for text in forms]
    return set(map(folded, left))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _may_be(ours: str, theirs: str, found: str) -> bool:
    """Tell whether there is a reading in which two different texts are one."""
    mine, other = bare(ours), bare(theirs)
    if mine in other or other in mine or sorted(ours.split()) == sorted(theirs.split()):
        return True
    if folded(html.unescape(found)) == ours or _through_a_code_page(found, ours):
        return True
    if _UNREADABLE.search(theirs) and _fits(theirs, ours):
        return True
    if max(len(mine), len(other)) > _LONGEST:
        return False
    return SequenceMatcher(None, mine, other, autojunk=False).ratio() >= ALIKE_FROM


def _through_a_code_page(found: str, ours: str) -> bool:
    for page in _CODE_PAGES:
        try:
            read = found.encode(page).decode()
        except UnicodeError:
            continue
        if folded(read) == ours:
            return True
    return False


def _fits(pattern: str, text: str) -> bool:
    """Tell whether the readable pieces of a text stand in another one in their order."""
    first, *others = _UNREADABLE.split(pattern)
    if not text.startswith(first):
        return False
    place = len(first)
    for piece in others:
        place = text.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return not others or text.endswith(others[-1])


def _on_grid(time: datetime, step: timedelta) -> bool:
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return not (time - midnight) % step


def _zone_and_cut(sent: datetime, found: datetime, apart: timedelta) -> bool:
    """Tell whether a time may be of another zone and cut to the minute as well."""
    if apart > _WIDEST_ZONE + MINUTE or not _on_grid(found, MINUTE):
        return False
    rest = (sent - found) % HOUR
    return rest < MINUTE or HOUR - rest < MINUTE


def _turned(sent: datetime, found: datetime) -> bool:
    """Tell whether day and month may have changed places."""
    turned = (found.year, found.day, found.month) == (sent.year, sent.month, sent.day)
    rest = (sent - found) % timedelta(days=1)
    return turned and (rest < MINUTE or timedelta(days=1) - rest < MINUTE)
