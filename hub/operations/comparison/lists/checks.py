"""Is it the list that was asked for: of this ward, of that day, whole? Pure.

A list that is not would name the ward's dossiers as lost, flood it with those of others, or take a
task away that is the only trace of a dossier. What is certain is refused with the filter to set;
from a list that may lack something nothing is concluded by what it lacks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from hub.operations.comparison.lists import problems
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.reader import PartnerList
from hub.records.deadlines.calendar import local
from hub.records.dossiers import numbering
from hub.records.registers.agencies import Directory
from hub.records.registers.procedures import Level
from hub.store.records.reading.partner_view import DossierView

MOST_FINDINGS = 1000
"""More than a ward takes in on a day; they become tasks in one transaction."""


@dataclass(frozen=True, slots=True)
class Ward:
    """The agency codes that numbers may carry, and how the ward writes the year after each."""

    years: Mapping[str, frozenset[int]]
    """Code of the ward's own dossiers -> digits of their dates (6, 8)."""
    configured: frozenset[str]
    """Codes of all agencies that the ward deals with."""


def ward_of(agency: str, received: Iterable[str], directory: Directory) -> Ward:
    """Return the ward's codes: configured as `agency` or in the directory, or on dossiers that it
    `received`. Where no dossier shows it, a year has the digits that the ward itself writes."""
    own = {agency} | {entry.id for entry in directory.entries if entry.level is Level.WARD}
    seen: dict[str, frozenset[int]] = {}
    for number in received:
        code, digits, _ = number.rsplit("-", 2)
        seen[code] = seen.get(code, frozenset()) | {len(digits)}
    return Ward(
        years=dict.fromkeys(own, frozenset({6})) | seen,
        configured=frozenset(entry.id for entry in directory.entries) | own,
    )


def forms(number: str) -> tuple[str, str, str]:
    """Return a number as it is and with its year in two and in four digits."""
    return number, numbering.short(number), numbering.long(number)


def as_the_ward_writes(
    listed: PartnerList, here: Mapping[str, DossierView], ward: Ward
) -> PartnerList:
    """Return the list with each number in the ward's form, so that none looks like another one."""
    return replace(
        listed, statuses={_form(one, here, ward): status for one, status in listed.statuses.items()}
    )


def of_this_ward(
    listed: PartnerList, here: Mapping[str, DossierView], ward: Ward
) -> tuple[PartnerList, int]:
    """Return the list without what another agency received, and how many that were.

    Raises ListRefused when most of it is of others: nobody filtered it. Left out is only what
    carries the code of an agency of the same province with which the ward has nothing to do. A
    ministry's code tells nothing: the national portal gives such numbers to the ward's dossiers.
    """
    telling = [one for one in listed.statuses if one in here or not _groups(_code(one), "G")]
    strange = [one for one in telling if one not in here and _code(one) not in ward.years]
    if 2 * len(strange) > len(telling):
        raise ListRefused(problems.another_agency(sorted(ward.years)))
    provinces = {part for code in ward.years for part in _groups(code, "H")}
    others = {
        one
        for one in strange
        if _code(one) not in ward.configured and _groups(_code(one), "H") & provinces
    }
    kept = {one: status for one, status in listed.statuses.items() if one not in others}
    return replace(listed, statuses=kept), len(others)


def check_day(listed: PartnerList, here: Mapping[str, DossierView], day: date) -> None:
    """Refuse a list of another day or an empty one where something of the day was delivered: it
    would name all of that as missing, and end the tasks of what only the partner has."""
    if _shows(listed, here, day) or not any(
        one.delivered and is_of(one, day) for one in here.values()
    ):
        return
    raise ListRefused(problems.another_day(day) if listed.statuses else problems.empty(day))


def is_whole(listed: PartnerList, here: Mapping[str, DossierView], day: date) -> bool:
    """Tell whether a list shows all that was delivered of the day, and something was.

    Only then a number that it does not show is taken for gone. What was delivered after the export
    counts as lacking, because the list may as well be a wrong one; and where nothing is known to
    have been delivered, as after an old backup, nothing tells a right list from a wrong one.
    """
    delivered = {number for number, one in here.items() if one.delivered and is_of(one, day)}
    return bool(delivered) and delivered <= listed.statuses.keys()


def is_of(here: DossierView, day: date) -> bool:
    """Tell whether a dossier was received on a day, by the ward's clock."""
    return local(here.received_at).date() == day


def _shows(listed: PartnerList, here: Mapping[str, DossierView], day: date) -> bool:
    return any(
        numbering.parse(number).day == day or (number in here and is_of(here[number], day))
        for number in listed.statuses
    )


def _form(number: str, here: Mapping[str, DossierView], ward: Ward) -> str:
    as_given, short, long = forms(number)
    for form in (as_given, short, long):
        if form in here:
            return form
    return {frozenset({6}): short, frozenset({8}): long}.get(
        ward.years.get(_code(number), frozenset()), as_given
    )


def _code(number: str) -> str:
    return number.rsplit("-", 2)[0]


def _groups(code: str, letter: str) -> set[str]:
    """Return the groups of a code that name a province (H57) or a ministry (G09)."""
    return {part for part in code.split(".") if part[:1] == letter and part[1:].isdigit()}
