"""The ward's time zone. Times travel with their zone; this one is for what is read and written."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def not_before(at: datetime) -> datetime:
    """Return the first whole second that is not before a time, here: from then on, as is shown."""
    whole = at.replace(microsecond=0)
    return (whole if whole == at else whole + timedelta(seconds=1)).astimezone(LOCAL)
