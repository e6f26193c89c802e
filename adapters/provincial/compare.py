"""Whether the province's record is what we sent, older, newer, or somebody else's. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from adapters.provincial.mapping import Fields

IDENTITY = ("MaHoSo", "MaTTHC", "ChuHoSo", "SoGiayToChuHoSo", "NgayTiepNhan")
"""Fields that do not change in the life of a dossier; a difference means another dossier."""

RANKS = {"1": 0, "2": 1, "4": 2, "5": 2, "6": 2, "3": 3, "7": 3, "8": 3, "9": 3, "10": 4}
"""How far along a status is; the ones in the middle may follow each other in any order."""


FINISHED = "9"
AFTER_FINISHED = frozenset({"2", "4", "5", "6"})
"""Statuses of a dossier under way that also one has which was finished and then opened again."""


class Likeness(StrEnum):
    """How a record found relates to the record sent."""

    SAME = "same"
    NEWER = "newer"
    """Ours, and further along: what was sent is in it or was overtaken."""
    OLDER = "older"
    """Ours, as it was before, or otherwise without what was sent."""
    UNCLEAR = "unclear"
    """Ours, but finished, while what was sent may be of before or of after that."""
    FOREIGN = "foreign"
    """The same number, another dossier, or a state that we do not understand."""


def liken(found: Fields, *, to: Fields) -> Likeness:
    """Compare the province's record with the one sent, in the fields that were sent."""
    different = differences(found, to=to)
    if not different:
        return Likeness.SAME
    rank = RANKS.get(found.get("TrangThaiHoSo") or "")
    if rank is None or different & set(IDENTITY):
        return Likeness.FOREIGN
    if found["TrangThaiHoSo"] == FINISHED and to["TrangThaiHoSo"] in AFTER_FINISHED:
        return Likeness.UNCLEAR
    if rank > RANKS[to["TrangThaiHoSo"]]:
        return Likeness.NEWER
    return Likeness.OLDER


def differences(found: Fields, *, to: Fields) -> set[str]:
    """Return the names of fields in which the two differ; the order of lists is free."""
    return {name for name, sent in to.items() if _plain(found.get(name)) != _plain(sent)}


def has_step(steps: Iterable[Fields], step: Fields) -> bool:
    """Tell whether the step is among those of the dossier.

    Status and second are not enough: two "in process" steps may fall into one second. The text is
    not compared, the province may have changed it.
    """
    names = ("TrangThai", "ThoiDiemXuLy", "NguoiXuLy", "PhongBanXuLy")
    wanted = [step.get(name) or "" for name in names]
    return any([found.get(name) or "" for name in names] == wanted for found in steps)


def _plain(value: object) -> object:
    if isinstance(value, list | tuple) and value:
        return sorted(
            sorted((name, _plain(inner)) for name, inner in item.items() if inner) for item in value
        )
    return value or ""
