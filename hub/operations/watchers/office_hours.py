"""When a task is due that is opened now, by the ward's office hours."""

from datetime import datetime, timedelta

from hub.records.deadlines.calendar import CalendarMissing
from hub.records.rulebook import Rulebook

WITHOUT_CALENDAR = timedelta(days=1)


def due_within(rules: Rulebook, now: datetime, within: timedelta) -> datetime:
    """Return the moment `within` office hours from now; a day later where no calendar tells."""
    try:
        return rules.add_working_time(now, within)
    except CalendarMissing:
        return now + WITHOUT_CALENDAR
