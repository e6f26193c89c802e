"""Numbers as addresses have them, within what a column of the database can hold."""

from typing import Annotated

from fastapi import Query

from hub.console.frame.errors import NotHere

_TOO_LARGE = 2**62
Cursor = Annotated[int | None, Query(ge=1, lt=_TOO_LARGE)]
"""The number after which a list goes on, None at its beginning."""


def number_of_address(number: int) -> int:
    """Return a number that names something. Raises NotHere for one that nothing can have."""
    if not 0 < number < _TOO_LARGE:
        raise NotHere
    return number
