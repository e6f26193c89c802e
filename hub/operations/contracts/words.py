"""What a person reads of a contract that changed: what, since when, and what to do. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.messages.partner_names import names_of
from hub.ports import DriftKind
from hub.records.deadlines.calendar import local
from hub.rules.contracts import Change, How
from hub.store.repair import drift, tasks
from hub.store.schema.repair_tables import WARD_IT

KIND = "contract_changed"
DRIFT = str(DriftKind.CONTRACT)
SHOWN = 8
"""Changes that a task names."""
COUNTED = 40
"""Changes of one fetch that are listed by themselves."""
LONGEST = 160
"""Characters of one change in a list."""
SIGNS = {How.ADDED: "+", How.REMOVED: "-", How.CHANGED: "~", How.REORDERED: "⇅"}


class Pair(NamedTuple):
    """A text in both languages."""

    vi: str
    en: str


_HOW = {
    How.ADDED: Pair("thêm", "added"),
    How.REMOVED: Pair("bỏ", "removed"),
    How.CHANGED: Pair("đổi", "changed"),
    How.REORDERED: Pair("đổi thứ tự trong", "reordered"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A contract that is not as it was, or at the first time not as the shipped one."""

    partner: str
    form: str
    address: str
    fingerprint: str
    changes: Sequence[Change]
    """Since the last fetch; at the first time what differs from the shipped contract."""
    against: Sequence[Change]
    """What differs from the shipped contract now."""
    before: datetime | None
    """When it was last as before; None at the first time."""
    now: datetime


def rows(news: News) -> dict[drift.Key, int]:
    """Return what is counted as drift, by operation and change."""
    mark = "" if news.before else "schemas: "
    found: dict[drift.Key, int] = {}
    for change in news.changes[:COUNTED]:
        place = f"{mark}{SIGNS[change.how]} {change.place}".strip()[:LONGEST]
        found[drift.Key(news.partner, change.operation, DRIFT, place)] = 1
    if (left := len(news.changes) - COUNTED) > 0:
        found[drift.Key(news.partner, "", DRIFT, f"{mark}more")] = left
    return found


def finding(news: News) -> tasks.Finding:
    """Return the task, Vietnamese and English."""
    return tasks.Finding(
        kind=KIND,
        subject=f"{news.form} {news.fingerprint[:12]}",
        destination=news.partner,
        owner=WARD_IT,
        detail=" · ".join(_detail(news)),
        repair=" · ".join(_repair(news)),
    )


def _detail(news: News) -> Pair:
    vi, en, _ = names_of(news.partner)
    changes = [_text(it) for it in news.changes[:SHOWN]]
    more = f" (+{len(news.changes) - SHOWN})" if len(news.changes) > SHOWN else ""
    listed_vi = "; ".join(it.vi for it in changes) + more
    listed_en = "; ".join(it.en for it in changes) + more
    now = f"{local(news.now):%H:%M %d/%m/%Y}"
    vi = f"{news.form} mà {vi} công bố ({news.address})"
    en = f"the {news.form} that {en} serves"
    if news.before is None:
        return Pair(
            f"{vi} khác schemas/ của trung tâm, lấy lần đầu lúc {now}: {listed_vi}",
            f"{en} differs from the hub's schemas/, first fetched at {now}: {listed_en}",
        )
    before = f"{local(news.before):%H:%M %d/%m/%Y}"
    same = Pair("giống schemas/ của trung tâm", "it is that of the hub's schemas/")
    count = len(news.against)
    if count:
        same = Pair(
            f"khác schemas/ của trung tâm ở {count} chỗ",
            f"it differs from the hub's schemas/ in {count} places",
        )
    return Pair(
        f"{vi} đã thay đổi trong khoảng {before} – {now}: {listed_vi}; {same.vi}",
        f"{en} changed between {before} and {now}: {listed_en}; {same.en}",
    )


def _text(change: Change) -> Pair:
    """Return one change in words."""
    how = _HOW[change.how]
    if not change.operation:
        if change.how is How.REMOVED:
            served = Pair("không còn công bố", "no longer served")
        else:
            served = Pair("nay được công bố", "now served")
        return Pair(f"lược đồ {change.place}: {served.vi}", f"schema {change.place}: {served.en}")
    if not change.place and change.how in {How.ADDED, How.REMOVED}:
        name = change.operation
        return Pair(f"{how.vi} thao tác {name}", f"{how.en} operation {name}")
    told = f"{change.operation} {change.place}".strip()
    if change.how is How.ADDED and change.after:
        told = f"{told} ({_cut(change.after)})"
    elif change.how is How.CHANGED:
        told = f"{told} ({_cut(change.before)} → {_cut(change.after)})"
    return Pair(f"{how.vi} {told}", f"{how.en} {told}")


def _cut(what: str) -> str:
    return what if len(what) <= LONGEST else f"{what[:LONGEST]}…"


def _repair(news: News) -> Pair:
    vi, en, name = names_of(news.partner)
    worst = Pair(
        "Chỉ phản hồi hoặc phần không dùng đến thay đổi, trung tâm vẫn đọc được",
        "Only replies changed, or what the hub does not use: the hub reads on",
    )
    if any(it.concerns_calls for it in news.changes):
        worst = Pair("Lời gọi của trung tâm có thể bị từ chối", "The hub's calls may be refused")
    return Pair(
        f"{worst.vi}. Hỏi {vi} thay đổi này có chủ ý không và có hiệu lực từ khi nào, chạy"
        f" `hub partners rehearse {name}`, báo người bảo trì trung tâm sửa schemas/, rồi"
        f" `hub tasks done`; xem từng chỗ: `hub partners drift {name}`",
        f"{worst.en}. Ask {en} whether it is meant and from when on it holds, run"
        f" `hub partners rehearse {name}`, have the hub's maintainers follow in schemas/;"
        f" see `hub partners drift {name}`",
    )
