"""Lines of CSV that a spreadsheet opens as text: no formula, by its mark read as UTF-8."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from hub.web.templates import moment

MARK = "\ufeff"
"""By it Excel reads UTF-8; before the first line."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """Return a value as text; a spreadsheet takes what begins so for a formula, and runs it."""
    if isinstance(value, datetime):
        return moment(value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def line(values: Iterable[object]) -> str:
    """Return one line of values."""
    written = io.StringIO()
    csv.writer(written).writerow([cell(it) for it in values])
    return written.getvalue()
