"""Which of a dossier's steps at the province is the one that was sent, if any. Pure.

The province gives steps no number of ours, so they are told apart by what they say. Several may say
nearly the same: two of one status within a minute, where seconds are cut off. So each step that is
shown explains one message only, and what the province is known to have is explained first. A step
that no message explains is somebody else's only where its time, its text and its person are
certainly others: a partner may put its own clock into a step, and change one thing more. And a list
that lacks what the province is known to have proves nothing: it is behind, or shows only the newest
steps. Neither does a list as long as a page, before a longer one was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.provincial.comparison.record import compare_field
from adapters.provincial.mapping import Fields
from hub.messages.local_time import LOCAL
from hub.ports import Doubt
from hub.rules.deliveries.likeness import (
    EXACT,
    Likeness,
    TimeTextResolution,
    cut_length,
    cut_step,
    read_time,
)

KEY = ("TrangThai", "ThoiDiemXuLy", "NguoiXuLy", "PhongBanXuLy")
TIME, TEXT = "ThoiDiemXuLy", "NoiDungXuLy"
PEOPLE = ("NguoiXuLy", "PhongBanXuLy")
SAME, UNCLEAR, DIFFERENT = Likeness.SAME, Likeness.UNCLEAR, Likeness.DIFFERENT
PAGES = frozenset(range(10, 501, 5))
"""Lengths at which a list may be the first page of a longer one: people set round numbers."""
EXACTLY, BY_KEY, ALIKE = 3, 2, 1
"""How well a step that is shown fits: in all, in its key, or not in every reading another one."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What the list says of a step: `there`, or why not (None: it is not there); fields that
    differ in what is alike."""

    there: bool
    why: Doubt | None = None
    differs: tuple[str, ...] = ()


def seek(
    shown: Sequence[Fields],
    step: Fields,
    *,
    beside: Sequence[Fields] = (),
    resolution: TimeTextResolution = EXACT,
    last: int = 0,
    first: int = 0,
    longest: int = 0,
) -> Sought:
    """Look for a step in what the province shows.

    `beside`: steps that it is known to have. `last`, `first`: how many of the newest or of the
    oldest ones it shows, 0: all. `longest`: the most steps of a dossier that it was seen to show.
    """
    resolution = _seen(shown, beside, resolution)
    ours = len(beside)  # the place of the step behind those beside it
    matched = _matched(shown, [*beside, step], resolution)
    if ours in matched:
        found, fit = matched[ours]
        if fit >= BY_KEY:
            return Sought(there=True)
        return Sought(False, Doubt.ALIKE, _differing(shown[found], step, resolution))
    used = {found for found, _ in matched.values()}
    for place, one in enumerate(shown):
        if place not in used and not _is_another(one, step, resolution):
            return Sought(False, Doubt.ALIKE, _differing(one, step, resolution))
    missing = [one for place, one in enumerate(beside) if place not in matched]
    why = _why_not(shown, step, missing, last)
    if why is None and _is_page(len(shown), missing, first=first, last=last, longest=longest):
        why = Doubt.NOT_SHOWN
    return Sought(False, why)


def _is_page(shown: int, missing: Sequence[Fields], *, first: int, last: int, longest: int) -> bool:
    """Tell whether a list of this length may be the oldest steps alone.

    Not where the profile says that the newest are shown, or where older ones are missing instead.
    """
    if first:
        return shown >= first
    return shown in PAGES and shown >= longest and not last and not missing


def _matched(
    shown: Sequence[Fields], wanted: Sequence[Fields], resolution: TimeTextResolution
) -> dict[int, tuple[int, int]]:
    """Return place in `wanted` -> (place in `shown`, fit): the best fits first, each used once."""
    fits = [
        (-fit, place, found)
        for place, step in enumerate(wanted)
        for found, one in enumerate(shown)
        if (fit := _fit(one, step, resolution))
    ]
    matched: dict[int, tuple[int, int]] = {}
    used: set[int] = set()
    for fit, place, found in sorted(fits):
        if place not in matched and found not in used:
            matched[place] = (found, -fit)
            used.add(found)
    return matched


def _fit(found: Fields, step: Fields, resolution: TimeTextResolution) -> int:
    """Return how well a step that is shown fits, 0 where it explains no message.

    A partner may put its own clock or its own account into a step: one that differs only there is
    another step only if that one is known.
    """
    is_like = {name: _compare(name, found, step, resolution) for name in (*KEY, TEXT)}
    status, time, *people = (is_like[name] for name in KEY)
    if status is DIFFERENT:
        return 0
    if all(is_like[name] is SAME for name in KEY):
        return EXACTLY if is_like[TEXT] is SAME else BY_KEY
    if time is DIFFERENT:
        is_the_same = all(it is SAME for it in (*people, is_like[TEXT]))
        return ALIKE if is_the_same else 0
    return ALIKE


def _is_another(found: Fields, step: Fields, resolution: TimeTextResolution) -> bool:
    """Tell whether a step that no message explains is another one in every reading."""
    if _compare("TrangThai", found, step, resolution) is DIFFERENT:
        return True
    names = (TIME, TEXT, "NguoiXuLy")
    return all(_compare(name, found, step, resolution) is DIFFERENT for name in names)


def _compare(name: str, found: Fields, step: Fields, resolution: TimeTextResolution) -> Likeness:
    return compare_field(name, step.get(name), found.get(name), resolution)


def _differing(found: Fields, step: Fields, resolution: TimeTextResolution) -> tuple[str, ...]:
    return tuple(
        name for name in (*KEY, TEXT) if _compare(name, found, step, resolution) is not SAME
    )


def _why_not(
    shown: Sequence[Fields], step: Fields, missing: Sequence[Fields], last: int
) -> Doubt | None:
    """Return why a step that is not shown may be there all the same, None where it is not there."""
    times = [at for one in shown if (at := _time(one)) is not None]
    oldest, ours = min(times, default=None), _time(step)
    older = oldest is None or ours is None or ours <= oldest
    if last and len(shown) >= last and older:
        return Doubt.NOT_SHOWN
    if not missing:
        return None
    gone = [at for one in missing if (at := _time(one)) is not None]
    cut_off = oldest is not None and len(gone) == len(missing) and max(gone) <= oldest
    if not cut_off:
        return Doubt.BEHIND
    return Doubt.NOT_SHOWN if older else None


def _seen(
    shown: Sequence[Fields], beside: Sequence[Fields], resolution: TimeTextResolution
) -> TimeTextResolution:
    """Return the resolution that shows itself in steps that the province is known to have."""
    for place, (found, fit) in _matched(shown, beside, resolution).items():
        if fit != ALIKE:
            continue
        sent, there = beside[place], shown[found]
        ours, theirs = _time(sent), _time(there)
        step = cut_step(ours, theirs) if ours and theirs else None
        if step and step > resolution.time:
            resolution = replace(resolution, time=step)
        for name in PEOPLE:
            length = cut_length(str(sent.get(name) or ""), str(there.get(name) or ""))
            if length and not resolution.text:
                resolution = replace(resolution, text=length)
    return resolution


def _time(step: Fields) -> datetime | None:
    return read_time(str(step.get(TIME) or ""), LOCAL)
