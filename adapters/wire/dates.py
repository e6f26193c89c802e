"""Times in replies, read in the forms and the zone that the partner's profile says. Pure.

A form reads a text only when it writes the same text again: `strptime` alone would read a minute
into a time that lacks its seconds. What two forms read differently is not read at all.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.wire.profile import Dates

ISO = "iso"
DOTNET = re.compile(r"/Date\((-?[0-9]{1,14})(?:[+-][0-9]{4})?\)/")
"""How .NET writes a time in JSON, in milliseconds. One reading, whatever the profile says."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DateReader:
    """Reads the times of one partner; safe in many threads."""

    def __init__(self, dates: Dates, *, zone: str = "") -> None:
        """`zone` is that of a time without an offset, where it is not the profile's usual one."""
        self._forms = dates.forms
        self._zone = ZoneInfo(zone or dates.zone)

    def read(self, text: str) -> datetime | None:
        """Return the time in a text, with its zone; None where not exactly one reading is there."""
        if dotnet := DOTNET.fullmatch(text.strip()):
            return _since_epoch(int(dotnet[1]))
        readings = {it for form in self._forms if (it := self._read(text.strip(), form))}
        return readings.pop() if len(readings) == 1 else None

    def rewritten(self, text: str, form: str, zone: ZoneInfo) -> str:
        """Return a time as it is written in our form and zone; as it was where it is not read."""
        found = self.read(text)
        try:
            return text if found is None else found.astimezone(zone).strftime(form)
        except OverflowError:  # the last day of the calendar in another zone
            return text

    def _read(self, text: str, form: str) -> datetime | None:
        try:
            if form == ISO:
                found = datetime.fromisoformat(text)
            else:
                found = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is added below
                if found.strftime(form) != text:
                    return None
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=self._zone)


def _since_epoch(milliseconds: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
