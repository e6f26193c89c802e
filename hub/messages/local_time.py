"""The ward's time zone. Times travel with their zone; this one is for what is read and written."""

from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
