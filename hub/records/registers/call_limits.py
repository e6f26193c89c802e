"""Reads the partners' maintenance windows and quotas, dated data in `data/call_limits.toml`.

An installation may put a file of its own in its place (`HUB_CALL_LIMITS_FILE`). Data that
contradict themselves stop the start: a window that nobody meant would stop a partner's traffic.
"""

from collections.abc import Sequence
from datetime import datetime, time
from pathlib import Path

import msgspec
from msgspec import Struct

from hub.messages.catalog import CATALOG, PARTNERS
from hub.messages.local_time import LOCAL
from hub.rules.call_limits import CallLimits, Dated, LimitEntry, Quota, Weekly

DATA = Path(__file__).parents[1] / "data" / "call_limits.toml"


class CallLimitsBroken(ValueError):
    """The data contradict themselves; the text names the entry."""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    weekly: tuple[Weekly, ...] = ()
    dated: tuple[Dated, ...] = ()
    quota: tuple[Quota, ...] = ()


def load(path: Path = DATA) -> CallLimits:
    """Return the windows and quotas of a file; raises MannersBroken."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_File)
    except UnicodeDecodeError as error:
        raise CallLimitsBroken(f"{path.name}: not UTF-8 from byte {error.start} on") from None
    except (msgspec.MsgspecError, OSError) as error:
        raise CallLimitsBroken(f"{path.name}: {error}") from None
    tables = {"weekly": found.weekly, "dated": found.dated, "quota": found.quota}
    for table, entries in tables.items():
        for n, entry in enumerate(entries):
            if problem := _problem(entry) or _doubled(entry, found.quota[:n]):
                place = f"{table}[{n}] ({entry.partner}, {entry.reason_en!r})"
                raise CallLimitsBroken(f"{path.name}: {place}: {problem}")
    return CallLimits(windows=(*found.weekly, *found.dated), quotas=found.quota)


def _problem(entry: LimitEntry) -> str:  # noqa: C901
    operations = {type.name for type in CATALOG if type.reader == entry.partner}
    if entry.partner not in PARTNERS:
        return f"partners are {', '.join(sorted(PARTNERS))}"
    if entry.operation and entry.operation not in operations:
        return f"operations are {', '.join(sorted(operations))}"
    if not (entry.reason_vi.strip() and entry.reason_en.strip()):
        return "a reason in both languages is wanted"
    if entry.valid_to is not None and entry.valid_to < entry.valid_from:
        return "ends before it begins"
    if isinstance(entry, Dated):
        if entry.starts.tzinfo is None or entry.ends.tzinfo is None:
            return "a dated window needs times with a zone"
        if entry.ends <= entry.starts:
            return "ends before it starts"
        if entry.starts < datetime.combine(entry.valid_from, time(), LOCAL):
            return "starts before it is valid, so it would never count"
    if isinstance(entry, Weekly):
        if not entry.days:
            return "a weekly window needs a day"
        if entry.starts.tzinfo or entry.ends.tzinfo:
            return "a weekly window is by the local clock, without a zone"
    if isinstance(entry, Quota) and entry.calls < 1:
        return "a quota below one call would stop everything"
    return ""


def _doubled(entry: LimitEntry, earlier: Sequence[Quota]) -> str:
    """Say which quota of the same operation is in force on the same days.

    Both would hold, so one that should have ended would go on. Windows may overlap: shut is shut.
    """
    if not isinstance(entry, Quota):
        return ""
    for n, other in enumerate(earlier):
        same = (other.partner, other.operation) == (entry.partner, entry.operation)
        if same and (other.in_force(entry.valid_from) or entry.in_force(other.valid_from)):
            return f"quota[{n}] is in force as well; give the one that ends its valid_to"
    return ""
