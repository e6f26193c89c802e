"""Whether the province's record is what we sent, older, newer, or somebody else's. Pure.

Fields are compared as a person reads them, within the province's resolution. What we left empty is
the province's own to fill. A field that is alike and not the same is unclear: it never makes a
record another one, and never an older one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from adapters.provincial.mapping import Fields
from hub.messages.folding import folded
from hub.messages.local_time import LOCAL
from hub.rules.deliveries.likeness import (
    EXACT,
    Likeness,
    TimeTextResolution,
    compare_codes,
    compare_texts,
    compare_written_times,
    cut_step,
    read_time,
    worst,
)

IDENTITY = ("MaHoSo", "MaTTHC", "ChuHoSo", "SoGiayToChuHoSo", "NgayTiepNhan")
"""Fields that do not change in the life of a dossier; a difference means another dossier."""

RANKS = {"1": 0, "2": 1, "4": 2, "5": 2, "6": 2, "3": 3, "7": 3, "8": 3, "9": 3, "10": 4}
"""How far along a status is; the ones in the middle may follow each other in any order."""


MOST_PAIRS = 1_000
"""Pairs of listed records that are compared with one another; beyond, the lists are unclear."""
FINISHED = "9"
AFTER_FINISHED = frozenset({"2", "4", "5", "6"})
"""Statuses of a dossier under way that also one has which was finished and then opened again."""

TIMES = frozenset(
    {
        "NgayNopHoSo",
        "NgayTiepNhan",
        "NgayHenTra",
        "NgayTra",
        "NgayKetThucXuLy",
        "NgayTuChoi",
        "ThoiDiemXuLy",
        "NgayBatDau",
        "NgayKetThucTheoQuyDinh",
    }
)
ENDS = frozenset({"NgayTra", "NgayKetThucXuLy", "NgayTuChoi"})
"""Empty is a word of ours here: the dossier has not come to that end."""
TEXTS = frozenset(
    {
        "TenTTHC",
        "TenLinhVuc",
        "SoBienNhan",
        "ChuHoSo",
        "SoGiayToChuHoSo",
        "ThongTinKhac",
        "Email",
        "Fax",
        "SoDienThoai",
        "TrichYeuHoSo",
        "ThongTinTra",
        "DonViXuLy",
        "GhiChu",
        "SoDinhDanh",
        "TenTepDinhKem",
        "DuongDanTaiTepTin",
        "TenGiayTo",
        "DuongDanTepTinKetQua",
        "NguoiXuLy",
        "ChucDanh",
        "PhongBanXuLy",
        "NoiDungXuLy",
    }
)
"""Fields for people; all others are codes, numbers and hashes."""


class Relation(StrEnum):
    """How a record found relates to the record sent."""

    SAME = "same"
    NEWER = "newer"
    """Ours, and further along: what was sent is in it or was overtaken."""
    OLDER = "older"
    """Ours, as it was before, or otherwise without what was sent."""
    UNCLEAR = "unclear"
    """Ours, and alike; or finished, while what was sent may be of before or of after that."""
    FOREIGN = "foreign"
    """The same number, another dossier, or a state that we do not understand."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A relation, and the names of the fields that are not the same."""

    relation: Relation
    certain: tuple[str, ...] = ()
    """Those that differ in every reading."""
    alike: tuple[str, ...] = ()
    """Those that may only be written in another way."""

    @property
    def differs(self) -> tuple[str, ...]:
        """All fields that are not the same."""
        return tuple(sorted((*self.certain, *self.alike)))


def relate(found: Fields, *, to: Fields, resolution: TimeTextResolution = EXACT) -> Compared:
    """Compare the province's record with the one sent, in the fields that were sent."""
    several = likenesses(found, to=to, resolution=seen(found, to, resolution))
    certain, alike = (
        tuple(sorted(name for name, it in several.items() if it is likeness))
        for likeness in (Likeness.DIFFERENT, Likeness.UNCLEAR)
    )
    status, sent = _status(found), to["TrangThaiHoSo"]
    rank = RANKS.get(status)
    if not certain and not alike:
        relation = Relation.SAME
    elif rank is None or set(certain) & set(IDENTITY):
        relation = Relation.FOREIGN
    elif not certain or (status == FINISHED and sent in AFTER_FINISHED):
        relation = Relation.UNCLEAR
    else:
        relation = Relation.NEWER if rank > RANKS[sent] else Relation.OLDER
    return Compared(relation, certain, alike)


def likenesses(
    found: Mapping[str, Any], *, to: Mapping[str, Any], resolution: TimeTextResolution = EXACT
) -> dict[str, Likeness]:
    """Return how each field that was sent is found."""
    return {
        name: compare_field(name, sent, found.get(name), resolution) for name, sent in to.items()
    }


def compare_field(name: str, sent: Any, found: Any, resolution: TimeTextResolution) -> Likeness:
    """Compare one field; absent, nil and empty are the same."""
    if isinstance(sent, list | tuple):
        return _compare_lists(sent, found or (), resolution)
    ours, theirs = _text(sent), _text(found)
    if not ours:
        return Likeness.UNCLEAR if theirs and name in ENDS else Likeness.SAME
    if not theirs:
        return Likeness.UNCLEAR
    if name in TIMES:
        return compare_written_times(ours, theirs, zone=LOCAL, step=resolution.time)
    if name in TEXTS:
        return compare_texts(ours, theirs, length=resolution.text)
    return compare_codes(ours, theirs, length=resolution.text)


def _compare_lists(
    sent: Iterable[Mapping[str, Any]],
    found: Iterable[Mapping[str, Any]],
    resolution: TimeTextResolution,
) -> Likeness:
    """Compare lists of records; their order is free. More than was sent may have come later."""
    wanted, left = list(sent), list(found)
    if not left:
        return Likeness.UNCLEAR if wanted else Likeness.SAME
    wanted, left = _without_equal(wanted, left)
    if len(wanted) * len(left) > MOST_PAIRS:
        return Likeness.UNCLEAR
    result = Likeness.SAME
    for item in wanted:
        each = [worst(likenesses(one, to=item, resolution=resolution).values()) for one in left]
        best = next((it for it in (Likeness.SAME, Likeness.UNCLEAR) if it in each), None)
        if best is None:
            return Likeness.DIFFERENT
        left.pop(each.index(best))
        result = worst((result, best))
    return Likeness.UNCLEAR if left else result


def _without_equal(
    sent: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return what is left of two lists without the records that are read as the same in both.

    Of thousands of pages nearly all are; comparing each with each would take minutes.
    """
    names = sorted({name for item in sent for name in item})

    def key(item: Mapping[str, Any]) -> tuple[str, ...]:
        texts = ((name, _text(item.get(name))) for name in names)
        return tuple(folded(it) if name in TEXTS else it.casefold() for name, it in texts)

    here = Counter(map(key, sent)) & Counter(map(key, found))
    there = here.copy()
    return _besides(sent, key, here), _besides(found, key, there)


def _besides(
    items: Sequence[Mapping[str, Any]],
    key: Callable[[Mapping[str, Any]], tuple[str, ...]],
    taken: Counter[tuple[str, ...]],
) -> list[Mapping[str, Any]]:
    left = []
    for item in items:
        if taken[key(item)]:
            taken[key(item)] -= 1
        else:
            left.append(item)
    return left


def seen(found: Fields, to: Fields, resolution: TimeTextResolution) -> TimeTextResolution:
    """Return the resolution that shows itself: in a time that never changes and came back cut."""
    for name in ("NgayTiepNhan", "NgayNopHoSo"):
        ours, theirs = (read_time(_text(it.get(name)), LOCAL) for it in (to, found))
        step = cut_step(ours, theirs) if ours and theirs else None
        if step and step > resolution.time:
            return replace(resolution, time=step)
    return resolution


def _status(found: Fields) -> str:
    text = _text(found.get("TrangThaiHoSo")).strip()
    return str(int(text)) if text.isascii() and text.isdigit() else text


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).strip()
