"""What `hub partners` says of the contracts that the partners serve themselves."""

from dataclasses import dataclass
from typing import Any

from rich.markup import escape

from hub.cli.context import console, opened
from hub.cli.unavailable import explain
from hub.ports import FetchOutcome
from hub.records.deadlines.calendar import local
from hub.store.repair import contracts
from hub.store.repair.contracts import KeptContract

_NOT = {
    FetchOutcome.NONE: ("đối tác không công bố", "the partner serves none"),
    FetchOutcome.UNREADABLE: ("không đọc được", "cannot be read"),
    FetchOutcome.AWAY: ("chưa hỏi được", "could not be asked"),
}


@dataclass(frozen=True, slots=True)
class ContractNews:
    """Lines for a person, in two languages."""

    vi: str
    en: str


def show(partner: str) -> None:
    """Print when the contract of a partner was fetched last; says so where nothing can be known."""
    try:
        with opened() as store, store.read() as tx:
            kept = contracts.of_partner(tx, partner)
    except Exception as error:
        refusal = explain(error)
        if refusal is None:
            raise
        # The profile was shown; that the store is not there is no reason to fail.
        console.print(f"Hợp đồng / Contract: {escape(refusal.vi)}", highlight=False)
        return
    for told in lines(kept):
        console.print(f"{told.vi} / {told.en}", markup=False, highlight=False, soft_wrap=True)


def lines(kept: KeptContract | None) -> list[ContractNews]:
    """Return what is known of a contract."""
    if kept is None or kept.asked_at is None:
        return [ContractNews("Hợp đồng: chưa lấy lần nào", "Contract: not fetched yet")]
    asked = f"{local(kept.asked_at):%H:%M %d/%m/%Y}"
    found = [ContractNews(f"Hợp đồng: {kept.address}", f"Contract: {kept.address}")]
    if kept.outcome != FetchOutcome.SERVED:
        vi, en = _NOT[FetchOutcome(kept.outcome)]
        found.append(ContractNews(f"hỏi lúc {asked}: {vi} ({kept.why})", f"asked at {asked}: {en}"))
    if kept.fetched_at is not None and kept.since is not None:
        fetched, since = (f"{local(it):%H:%M %d/%m/%Y}" for it in (kept.fetched_at, kept.since))
        print_ = kept.fingerprint[:12]
        found.append(
            ContractNews(
                f"lấy lần cuối {fetched}, không đổi từ {since}, dấu vân {print_}",
                f"last fetched {fetched}, unchanged since {since}, fingerprint {print_}",
            )
        )
        if kept.outcome == FetchOutcome.SERVED and kept.why:
            vi = f"lược đồ không công bố: {kept.why}"
            found.append(ContractNews(vi, f"schemas that are not served: {kept.why}"))
        if kept.differs:
            count = kept.differs
            vi = f"khác schemas/ của trung tâm ở {count} chỗ"
            found.append(ContractNews(vi, f"differs from the hub's schemas/ in {count} places"))
        else:
            vi = "không khác schemas/ của trung tâm"
            found.append(ContractNews(vi, "no difference from the hub's schemas/"))
    return found


def as_json(kept: KeptContract | None) -> dict[str, Any] | None:
    """Return what is known of a contract, without its content."""
    if kept is None or kept.asked_at is None:
        return None
    times = {name: getattr(kept, name) for name in ("asked_at", "fetched_at", "since", "next_at")}
    return {
        "outcome": kept.outcome,
        "why": kept.why,
        "address": kept.address,
        "fingerprint": kept.fingerprint,
        "differs_from_schemas": kept.differs,
        **{name: at and at.isoformat() for name, at in times.items()},
    }
