"""The times of a look-up in the form and the zone of the contract, whatever the province writes."""

import re
from dataclasses import replace
from typing import Any

from adapters.provincial.comparison.record import TIMES
from adapters.provincial.mapping import Fields
from adapters.provincial.protocol.protocol import Result
from adapters.wire.dates import DateReader
from hub.messages.local_time import LOCAL

FORM = "%Y%m%d%H%M%S"
NO_TIME = re.compile(
    r"(?:0000|0001|1753|1900)(?P<dash>\D?)(?:00|01)(?P=dash)(?:00|01)(?!\d{1,3}$)"
    r"|0?1(?P<slash>[/.-])0?1(?P=slash)(?:0001|1753|1900)"
)
"""The first day of a program's or a database's calendar: what some write where there is no time."""


def in_our_form(result: Result, dates: DateReader) -> Result:
    """Return what was looked up with its times rewritten; one that is not read stays as it is."""
    if result.dossier is None:
        return result
    steps = [_rewritten(step, dates) for step in result.steps]
    return replace(result, dossier=_rewritten(result.dossier, dates), steps=steps)


def _rewritten(fields: Fields, dates: DateReader) -> Fields:
    def of(name: str, value: Any) -> Any:
        if name in TIMES and isinstance(value, str) and value:
            return "" if NO_TIME.match(value) else dates.rewritten(value, FORM, LOCAL)
        return value

    return {name: of(name, value) for name, value in fields.items()}
