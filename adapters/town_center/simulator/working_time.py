"""Working time at the town, as simple as a simulator may have it: pure.

Monday to Friday, 07:00-11:30 and 13:30-17:00 in Asia/Ho_Chi_Minh: eight hours a day. No holidays,
no make-up days; the hub's own deadlines come from its dated calendar, not from here.
"""

from datetime import date, datetime, time, timedelta

from hub.messages.local_time import LOCAL

SESSIONS = ((time(7), time(11, 30)), (time(13, 30), time(17)))


def working_between(start: datetime, end: datetime) -> timedelta:
    """Return the working time from `start` to `end`, zero when `end` is not later."""
    start, end = start.astimezone(LOCAL), end.astimezone(LOCAL)
    total, day = timedelta(), start.date()
    while day <= end.date():
        for opens, closes in _sessions(day):
            total += max(timedelta(), min(end, closes) - max(start, opens))
        day += timedelta(days=1)
    return total


def add_working(start: datetime, amount: timedelta) -> datetime:
    """Return the moment at which `amount` of working time has passed since `start`.

    Always within working hours: a `start` after closing counts from the next morning.
    """
    start, left = start.astimezone(LOCAL), amount
    day = start.date()
    while True:
        for opens, closes in _sessions(day):
            begin = max(start, opens)
            if begin < closes and left <= closes - begin:
                return begin + left
            left -= max(timedelta(), closes - begin)
        day += timedelta(days=1)


def _sessions(day: date) -> list[tuple[datetime, datetime]]:
    if day.weekday() >= 5:
        return []
    return [
        (datetime.combine(day, opens, LOCAL), datetime.combine(day, closes, LOCAL))
        for opens, closes in SESSIONS
    ]
