"""Compares a partner's list of a day with what ward and hub know. Pure.

One dossier at a time, and at most one difference of each: only there (`unknown_here`), there and
known here but never sent there (`listed_unsent`), delivered and not there (`not_listed`), there
with another status than was told last (`listed_differs`). A dossier that is under way, or got
something after the list was exported, is not judged: the list shows another moment.

A list is expected to hold the dossiers of one reception day (*ngày tiếp nhận*), because both
partners are told it with each dossier. A number on it may be of any other day; only one of this day
can be missed.
"""

from dataclasses import dataclass
from datetime import date

from hub.messages import catalog
from hub.messages.partner_names import names_of
from hub.messages.payloads import Status
from hub.operations.comparison.lists.checks import is_of
from hub.operations.comparison.lists.reader import PartnerList
from hub.records.dossiers.status import LABELS
from hub.store.records.partner_view import DossierView
from hub.store.repair.tasks import Finding
from hub.store.schema.repair_tables import CLERK, PROVINCE, TOWN

UNKNOWN_HERE, LISTED_UNSENT = "unknown_here", "listed_unsent"
NOT_LISTED, LISTED_DIFFERS = "not_listed", "listed_differs"
BY_LIST = frozenset({UNKNOWN_HERE, LISTED_UNSENT, NOT_LISTED, LISTED_DIFFERS})
_OWNERS = {catalog.PROVINCIAL: PROVINCE, catalog.TOWN_CENTER: TOWN}


@dataclass(frozen=True, slots=True)
class ListDecision:
    """What a list says of one dossier."""

    finding: Finding | None = None
    judged: frozenset[str] = frozenset()
    """The kinds about which it says anything: those but the finding's are not there, or gone."""
    unsure: bool = False
    """Whether it should have been judged and could not be."""


def judge(listed: PartnerList, number: str, here: DossierView | None, *, day: date) -> ListDecision:
    """Compare one number with the list of reception day `day`."""
    on_list = number in listed.statuses
    if here is None:
        return (
            ListDecision(_unknown_here(listed, number, day), BY_LIST) if on_list else ListDecision()
        )
    of_the_day = is_of(here, day)
    later = here.last_at is not None and here.last_at > listed.exported_at
    if later or not here.settled:
        return ListDecision(None, frozenset({UNKNOWN_HERE}), unsure=on_list or of_the_day)
    if on_list and not here.opened:
        return ListDecision(_listed_unsent(listed, number, day), BY_LIST)
    if on_list:
        return _by_status(listed, number, here.status, day)
    if not of_the_day:
        return ListDecision(None, frozenset({UNKNOWN_HERE}))
    if not here.opened:
        return ListDecision(None, BY_LIST - {LISTED_UNSENT})
    return ListDecision(_not_listed(listed, number, day) if here.delivered else None, BY_LIST)


def is_gone(verdict: ListDecision, kind: str, *, shown: str | None, day: date, whole: bool) -> bool:
    """Tell whether a task's difference is gone.

    That a number is not on a list any more says something only by a list of the day that has
    `shown` it, and only if that one is `whole`: its task may be the only trace of a dossier.
    """
    if verdict.finding and verdict.finding.kind == kind:
        return False
    if kind in verdict.judged:
        return True
    by_absence = kind in {UNKNOWN_HERE, LISTED_UNSENT} and not verdict.unsure
    return by_absence and shown == day.isoformat() and whole


def _by_status(listed: PartnerList, number: str, told: Status | None, day: date) -> ListDecision:
    said = listed.statuses[number]
    if said is None or told is None:
        return ListDecision(None, BY_LIST - {LISTED_DIFFERS})
    if said is told:
        return ListDecision(None, BY_LIST)
    return ListDecision(_listed_differs(listed, number, said, told, day), BY_LIST)


def _unknown_here(listed: PartnerList, number: str, day: date) -> Finding:
    (vi, en, _), on = names_of(listed.partner), f"{day:%d/%m/%Y}"
    return Finding(
        kind=UNKNOWN_HERE,
        subject=number,
        destination=listed.partner,
        list_day=day.isoformat(),
        owner=CLERK,
        detail=f"Có trong danh sách ngày {on} của {vi}, phường không có"
        f" · on the list of {on} of {en}, the ward has no such dossier",
        repair=(
            f"Xem hub deliveries attention (có thể còn giữ ở đây), rồi màn hình của {vi}. Nơi"
            " khác tiếp nhận:"
            " không nhập, ghi bằng hub tasks done. Nhập thẳng vào phần mềm của"
            f" {vi}: nhập ở quầy đúng mã này, đúng nội dung đó, quét giấy tờ. Mất ở đây (phục hồi"
            " bản sao cũ): nhập và quét lại theo biên nhận, đúng mã này; nội dung giống thì không"
            " bị trùng, khác thì xem hub deliveries attention"
            f" · Look in hub deliveries attention (it may be parked here), then on the screen"
            f" of {en}. Received at"
            " another counter: do not enter it, record that with hub tasks done. Typed in directly"
            f" at {en}: enter it at the counter under this number with that content, scan its"
            " papers. Lost here (an old backup): enter and scan it again from its receipt under"
            " this number; with the same content nothing is doubled, with another one see hub"
            " deliveries attention"
        ),
    )


def _listed_unsent(listed: PartnerList, number: str, day: date) -> Finding:
    (vi, en, _), on = names_of(listed.partner), f"{day:%d/%m/%Y}"
    return Finding(
        kind=LISTED_UNSENT,
        subject=number,
        destination=listed.partner,
        list_day=day.isoformat(),
        owner=CLERK,
        detail=f"Có trong danh sách ngày {on} của {vi}, phường chưa từng gửi tới đó"
        f" · on the list of {on} of {en}, and never sent there from here",
        repair=f"Hỏi ai đã nhập ở {vi}. Đúng là phải chuyển: chuyển như thường lệ, xem hub"
        " deliveries attention;"
        f" nhầm: đề nghị {vi} bỏ · Ask who entered it at {en}. If it belongs there: hand it over as"
        f" usual, see hub deliveries attention; if not: ask {en} to take it out",
    )


def _not_listed(listed: PartnerList, number: str, day: date) -> Finding:
    (vi, en, _), on = names_of(listed.partner), f"{day:%d/%m/%Y}"
    return Finding(
        kind=NOT_LISTED,
        subject=number,
        destination=listed.partner,
        list_day=day.isoformat(),
        owner=_OWNERS[listed.partner],
        detail=f"Đã gửi, không có trong danh sách ngày {on} của {vi}"
        f" · delivered, not on the list of {on} of {en}",
        repair=f"Tìm mã này trên màn hình của {vi}: có thì xem bộ lọc khi xuất; không có thì đưa"
        f" biên nhận (hub dossier trail {number}) · Look for the number on the screen of"
        f" {en}: if it is"
        f" there, look at the filter of the export; if not, show the receipt (hub dossier"
        f" trail {number})",
    )


def _listed_differs(
    listed: PartnerList, number: str, said: Status, told: Status, day: date
) -> Finding:
    vi, en, _ = names_of(listed.partner)
    return Finding(
        kind=LISTED_DIFFERS,
        subject=number,
        destination=listed.partner,
        list_day=day.isoformat(),
        owner=CLERK,
        detail=f"Danh sách của {vi}: {said:d} {LABELS[said][0]}; phường báo cuối: {told:d}"
        f" {LABELS[told][0]} · the list of {en} says {said:d}, it was told {told:d} last",
        repair=f"So với màn hình của {vi}; bên nào sai thì sửa, ở phường bằng một bước xử lý mới"
        f" · Compare with the screen of {en}; who is wrong mends it, the ward by a new step",
    )
