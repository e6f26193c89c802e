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
from hub.rules.calls.call_limits import CallLimits, Dated, LimitEntry, Quota, Weekly
from hub.texts import text

DATA = Path(__file__).parents[1] / "data" / "call_limits.toml"


class CallLimitsBroken(ValueError):
    """The data contradict themselves; the text names the entry."""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    weekly: tuple[Weekly, ...] = ()
    dated: tuple[Dated, ...] = ()
    quota: tuple[Quota, ...] = ()


def load(path: Path = DATA) -> CallLimits:
    """Return the windows and quotas of a file; raises CallLimitsBroken."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=_File)
    except UnicodeDecodeError as error:
        raise CallLimitsBroken(
            f"{path.name}: {text('call_limits.not_utf8', byte=error.start)}"
        ) from None
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
        return text("call_limits.partners", names=", ".join(sorted(PARTNERS)))
    if entry.operation and entry.operation not in operations:
        return text("call_limits.operations", names=", ".join(sorted(operations)))
    if not (entry.reason_vi.strip() and entry.reason_en.strip()):
        return text("call_limits.reasons")
    if entry.valid_to is not None and entry.valid_to < entry.valid_from:
        return text("call_limits.ends_before_it_is_valid")
    if isinstance(entry, Dated):
        if entry.starts.tzinfo is None or entry.ends.tzinfo is None:
            return text("call_limits.needs_zone")
        if entry.ends <= entry.starts:
            return text("call_limits.ends_before_it_starts")
        if entry.starts < datetime.combine(entry.valid_from, time(), LOCAL):
            return text("call_limits.starts_too_early")
    if isinstance(entry, Weekly):
        if not entry.days:
            return text("call_limits.needs_day")
        if entry.starts.tzinfo or entry.ends.tzinfo:
            return text("call_limits.no_zone")
    if isinstance(entry, Quota) and entry.calls < 1:
        return text("call_limits.quota_too_small")
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
            return text("call_limits.two_quotas", number=n)
    return ""
