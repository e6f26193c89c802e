"""What can be wrong with a partner's list: what, why and what to do, as texts of `lists.toml`.

No word of the file stands in one, because that may be a person's name.
"""

from collections.abc import Sequence
from datetime import date

from hub.texts import Explained, Text, both, joined


class ListRefused(Explained):
    """The list cannot be used; nothing of it was."""

    def __init__(self, *problems: Text) -> None:
        super().__init__(joined("; ", problems))
        self.problems = problems
        self.partner = ""
        """Whose list it is, where several are compared."""


def not_utf8() -> Text:
    """The names of the columns cannot be read."""
    return both("lists.not_utf8")


def excel() -> Text:
    """The file is one of Excel."""
    return both("lists.excel")


def two_columns() -> Text:
    """The column of the number or of the status is there twice."""
    return both("lists.two_columns")


def too_large(limit: str) -> Text:
    """The file is more than a day can have."""
    return both("lists.too_large", limit=limit)


def too_many_rows(limit: int) -> Text:
    """The rows are more than a day can have."""
    return both("lists.too_many_rows", limit=limit)


def torn(line: int) -> Text:
    """A row whose columns cannot be trusted."""
    return both("lists.torn", line=line)


def no_number(line: int) -> Text:
    """A row without a dossier's number."""
    return both("lists.no_number", line=line)


def twice(line: int, first: int) -> Text:
    """One number, two statuses."""
    return both("lists.twice", line=line, first=first)


def no_header(within: int) -> Text:
    """Nothing names the column of the number."""
    return both("lists.no_header", within=within)


def another_day(day: date) -> Text:
    """No number of the day, on which something was delivered."""
    return both("lists.another_day", day=f"{day:%d/%m/%Y}")


def empty(day: date) -> Text:
    """No number at all, although something of the day was delivered."""
    return both("lists.empty", day=f"{day:%d/%m/%Y}")


def another_agency(ours: Sequence[str]) -> Text:
    """Most numbers are of others."""
    return both("lists.another_agency", codes=", ".join(ours[:5]) + (", ..." * (len(ours) > 5)))


def too_many(found: int, most: int) -> Text:
    """More differences than a ward has dossiers."""
    return both("lists.too_many", found=found, most=most)
