"""Every field of the test dossier as it came back: same, changed in its writing, or another value.

Measured are the step of times and the length at which texts are cut off; what they explain is
written as lines of the profile, what they do not explain is for a person.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from adapters.wire.rehearsal.context import Context
from adapters.wire.rehearsal.records import Mark, Pair, PairKind, RehearsalFinding, Shown
from adapters.wire.rehearsal.steps.registering import Registered
from hub.messages.folding import bare, folded
from hub.rules.deliveries.likeness import (
    Likeness,
    TimeTextResolution,
    compare_codes,
    compare_texts,
    compare_written_times,
    cut_step,
    read_time,
)
from hub.texts import both

LOOK_UPS = 6
"""Look-ups that are compared: a partner may have several servers."""
DAY = timedelta(days=1)
_NORMAL: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
_FORMS = ("%Y%m%d%H%M%S", "%Y%m%d%H%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")


def compare(context: Context, there: Registered) -> Iterator[RehearsalFinding]:
    """Look up a few times more and compare every field of each answer."""
    number = context.test.number if context.test else ""
    for _ in range(LOOK_UPS - 1):
        heard = context.look_up(number)
        if heard.shown is not None:
            there.shown.append(heard.shown)
    pairs = list(_pairs(there.shown))
    zone = ZoneInfo(context.partner.profile.dates.zone)
    yield from _times(context, [it for it in pairs if it.kind is PairKind.TIME], zone)
    yield from _texts(context, [it for it in pairs if it.kind is PairKind.TEXT])
    yield from _fields(context, pairs, zone)


def _pairs(shown: Iterable[Shown]) -> Iterator[Pair]:
    seen: set[tuple[str, str, str]] = set()
    for one in shown:
        for pair in (*one.fields, *(pair for _, fields in one.steps for pair in fields)):
            key = (pair.name, pair.sent, pair.back)
            if key not in seen and pair.sent:
                seen.add(key)
                yield pair


def _times(context: Context, pairs: list[Pair], zone: ZoneInfo) -> Iterator[RehearsalFinding]:
    read = [(read_time(it.sent, zone), read_time(it.back, zone), it) for it in pairs if it.back]
    steps = {step for ours, theirs, _ in read if ours and theirs and (step := _cut(ours, theirs))}
    if steps:
        step, known = max(steps), context.partner.profile.resolution.time
        if step > known:
            why = both("rehearsal_reasons.times_cut", seconds=f"{step.total_seconds():.0f}")
            context.learn(("resolution", "time"), step, why)
        text = f"{step.total_seconds():.0f} s"
        yield RehearsalFinding(
            "times",
            Mark.OK,
            both("rehearsal.times_are_cut_to", text=text),
        )
    elif read:
        count = len(read)
        yield RehearsalFinding("times", Mark.OK, both("rehearsal.times_exact", count=count))
    forms = sorted({_form(it.back) for _, _, it in read})
    if forms:
        listed = ", ".join(forms)
        known_forms = context.partner.profile.dates.forms
        fresh = tuple(it for it in forms if it not in (*known_forms, "?"))
        if fresh:
            why = both("rehearsal_reasons.times_written", forms=listed)
            context.learn(("dates", "forms"), (*known_forms, *fresh), why)
        yield RehearsalFinding("times", Mark.OK, both("rehearsal.times_written_as", listed=listed))
    unread = sorted({it.name for _, theirs, it in read if theirs is None})
    if unread:
        names = ", ".join(unread)
        yield RehearsalFinding(
            "times", Mark.ATTENTION, both("rehearsal.times_unreadable", names=names)
        )


def _cut(ours: datetime, theirs: datetime) -> timedelta | None:
    step = cut_step(ours, theirs)
    if step is None and ours != theirs and theirs == datetime.combine(ours, datetime.min.time()):
        return DAY
    return step


def _form(text: str) -> str:
    text = text.strip()
    for form in _FORMS:
        try:
            if datetime.strptime(text, form).strftime(form) == text:  # noqa: DTZ007 - form only
                return form
        except ValueError:
            continue
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "?"
    return "iso"


def _texts(context: Context, pairs: list[Pair]) -> Iterator[RehearsalFinding]:
    changes: dict[str, set[str]] = {}
    for pair in pairs:
        for change in changes_of(pair.sent, pair.back):
            changes.setdefault(change, set()).add(pair.name)
    known = context.partner.profile.resolution.text_length
    cut = [it for it in pairs if _is_cut(it, known)]
    length = cut_length(cut)
    if length and length != known:
        why = both("rehearsal_reasons.texts_cut", length=length, names=_names(cut))
        context.learn(("resolution", "text_length"), length, why)
    if cut:
        changes["cut"] = {it.name for it in cut}
    for change, names in sorted(changes.items()):
        listed = ", ".join(sorted(names))
        size = f"{length}: " if change == "cut" else ""
        mark = Mark.ATTENTION if change == "cut" and not length else Mark.OK
        text = both(f"rehearsal.changed_{change}", names=f"{size}{listed}")
        yield RehearsalFinding("texts", mark, text)
    if not changes:
        count = len(pairs)
        yield RehearsalFinding("texts", Mark.OK, both("rehearsal.texts_as_sent", count=count))


def changes_of(sent: str, back: str) -> Iterator[str]:
    """Yield what was changed in the writing of a text, apart from its being cut off."""
    composed = unicodedata.normalize("NFC", back)
    if composed != back and unicodedata.normalize("NFC", sent) == sent:
        yield "form"
    if back != back.strip() or ("  " in sent.strip() and "  " not in back.strip()):
        yield "blanks"
    letters = unicodedata.normalize("NFC", sent)
    start = " ".join(letters.split())[: len(" ".join(composed.split()))]
    if " ".join(composed.split()) != start and folded(composed) == folded(start):
        yield "case"


def _is_cut(pair: Pair, known: int) -> bool:
    if compare_texts(pair.sent, pair.back) is Likeness.SAME:
        return False
    if known and compare_texts(pair.sent, pair.back, length=known) is Likeness.SAME:
        return True
    return bool(pair.back.strip()) and bool(cut_length([pair]))


def cut_length(pairs: list[Pair]) -> int:
    """Return the length of a column that explains most of the texts, 0 where none does.

    A column counts letters or bytes, of composed or decomposed text, after blanks were folded or
    before.
    """
    best: tuple[int, int] = (0, 0)
    """How many texts a length explains, and the length, negative: the shortest wins."""
    for cut in (_letters, _bytes):
        for form in _NORMAL:
            fits = Counter(it for pair in pairs for it in _lengths(pair, form, cut))
            found = max(((count, -it) for it, count in fits.items()), default=(0, 0))
            if found[0] > best[0]:
                best = found
    return -best[1]


def _letters(text: str, length: int) -> str:
    return text[:length]


def _bytes(text: str, length: int) -> str:
    return text.encode()[:length].decode(errors="ignore")


def _lengths(pair: Pair, form: Literal["NFC", "NFD"], cut: Callable[[str, int], str]) -> set[int]:
    """Return every length at which a column leaves of a text what came back."""
    back, whole = folded(pair.back), folded(pair.sent)
    # Without their marks: a tone stands at the end of its word, and moves when that is cut.
    if not bare(back) or back == whole or not bare(whole).startswith(bare(back)):
        return set()
    found, least = set(), len(unicodedata.normalize("NFC", pair.back).strip())
    for base in (pair.sent, " ".join(pair.sent.split())):
        text = unicodedata.normalize(form, base)
        longest = min(len(text.encode()), 3 * least + 3)
        found |= {it for it in range(least, longest) if folded(cut(text, it)) == back}
    return found


def _fields(context: Context, pairs: list[Pair], zone: ZoneInfo) -> Iterator[RehearsalFinding]:
    kept = context.partner.profile.resolution
    resolution = TimeTextResolution(time=kept.time, text=kept.text_length)
    found: dict[Likeness, set[str]] = {it: set() for it in Likeness}
    for pair in pairs:
        found[_likeness(pair, resolution, zone)].add(pair.name)
    worse = found[Likeness.DIFFERENT] | found[Likeness.UNCLEAR]
    same = len(found[Likeness.SAME] - worse)
    yield RehearsalFinding("fields", Mark.OK, both("rehearsal.fields_are_as_sent", same=same))
    for likeness in (Likeness.UNCLEAR, Likeness.DIFFERENT):
        if names := found[likeness]:
            text = both(
                f"rehearsal.compared_{likeness.name.lower()}", names=", ".join(sorted(names))
            )
            yield RehearsalFinding("fields", Mark.ATTENTION, text)


def _likeness(pair: Pair, resolution: TimeTextResolution, zone: ZoneInfo) -> Likeness:
    if not pair.back.strip():
        return Likeness.UNCLEAR
    match pair.kind:
        case PairKind.TIME:
            return compare_written_times(pair.sent, pair.back, zone=zone, step=resolution.time)
        case PairKind.TEXT:
            return compare_texts(pair.sent, pair.back, length=resolution.text)
    return compare_codes(pair.sent, pair.back, length=resolution.text)


def _names(pairs: Iterable[Pair]) -> str:
    return ", ".join(sorted({it.name for it in pairs}))
