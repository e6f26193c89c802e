"""What the operations answer that query the hub: one function an operation, in `QUERIES`.

SOAP and `/v1` only give the answer its form. An operation that has no function here is answered
nowhere: `tests/unit/gateway/test_query_functions.py` holds the table and the operations together.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.infected_files import refuse_infected
from hub.gateway.partner_calls import operations, records
from hub.gateway.partner_calls.operations import Operation
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.partner_calls.shown import shown_dossier, shown_file, shown_step
from hub.messages import envelope
from hub.messages.invalid import InvalidMessage
from hub.messages.local_time import LOCAL
from hub.ports import Clock
from hub.records.deadlines.calendar import local
from hub.records.dossiers import ended, numbering
from hub.store.engine.store import Store, Tx
from hub.store.messages.blobs import BlobStore
from hub.store.records import dossier_claims, dossiers
from hub.store.records.dossier_claims import Wanted
from hub.store.records.dossiers import Dossier
from hub.store.records.reading import timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryAnswer:
    """The answer to a query, before it has a form."""

    record: Struct
    next: str | None = None
    """Cursor of the page behind this one."""
    replayed: bool = False
    """Whether it is the answer of an earlier call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file of a dossier, and where its bytes are."""

    record: records.FileShown
    place: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a caller asks, as its operation's function gets it."""

    caller: GatewayCaller
    record: Any
    """The record of the operation's `request`."""
    key: str = ""
    """The client's own name of the call, "" without one."""


@dataclass(frozen=True, slots=True)
class PartnerQueries:
    """The queries of one store; threads share it."""

    store: Store
    files: BlobStore
    clock: Clock

    def answer(self, operation: Operation, query: Query) -> QueryAnswer | FoundFile:
        """Return what an operation answers; raises RefusedCall and InvalidMessage."""
        return QUERIES[operation](self, query)


def _show(queries: PartnerQueries, query: Query) -> QueryAnswer:
    """Return the state of a dossier, its timeline and its files."""
    number = query.record.number
    with queries.store.read() as tx:
        dossier = _present(tx, number)
        steps = timeline.events_of(tx, number)
        files = timeline.files_of(tx, number)
    found = records.DossierFound(
        dossier=shown_dossier(dossier),
        steps=tuple(map(shown_step, steps)),
        files=tuple(map(shown_file, files)),
    )
    return QueryAnswer(record=found)


def _list(queries: PartnerQueries, query: Query) -> QueryAnswer:
    """Return a page of the dossiers that were received on a day, oldest first."""
    wanted: records.DayQuery = query.record
    if wanted.day.year not in envelope.YEARS:
        raise RefusedCall("call_invalid", where="ngay", why=envelope.OUT_OF_RANGE)
    start = datetime.combine(wanted.day, datetime.min.time(), LOCAL)
    after = _position(wanted.after) if wanted.after else None
    with queries.store.read() as tx:
        found = timeline.received_page(
            tx,
            start,
            start + timedelta(days=1),
            after=after,
            limit=wanted.limit + 1,
            allowed=_allowed(query.caller),
        )
    page, more = found[: wanted.limit], len(found) > wanted.limit
    following = _cursor(page[-1]) if more else None
    listed = records.DossierList(dossiers=tuple(map(shown_dossier, page)), next=following)
    return QueryAnswer(record=listed, next=following)


def _claim(queries: PartnerQueries, query: Query) -> QueryAnswer:
    """Hold dossiers that wait to be received for the caller; nobody else is given them until
    the time has passed. The same key has the same answer again.
    """
    wanted: records.ClaimQuery = query.record
    with queries.store.write() as tx:
        claimed = dossier_claims.claim(
            tx,
            Wanted(
                client=query.caller.client,
                key=query.key,
                limit=wanted.limit,
                lease=timedelta(seconds=wanted.seconds),
                allowed=_allowed(query.caller),
            ),
            now=queries.clock(),
        )
    if claimed is None:
        why = "the key was used for a call with another content"
        raise RefusedCall("idempotency_key_reused", where="key", why=why)
    record = records.DossiersClaimed(
        dossiers=tuple(map(shown_dossier, claimed.dossiers)),
        until=local(claimed.until) if claimed.dossiers else None,
    )
    return QueryAnswer(record=record, replayed=claimed.before)


def _fetch_file(queries: PartnerQueries, query: Query) -> FoundFile:
    """Return a file of a dossier; raises RefusedCall where the dossier has no such file."""
    wanted: records.FileQuery = query.record
    with queries.store.read() as tx:
        _present(tx, wanted.number)
        files = timeline.files_of(tx, wanted.number)
    for paper in files:
        if paper.file.sha256 == wanted.sha256:
            _refuse_infected(queries, wanted.sha256)
            return FoundFile(record=shown_file(paper), place=queries.files.path(wanted.sha256))
    why = "the dossier has no such file"
    raise RefusedCall("file_missing", where="maBamTep", why=why, status=404)


QUERIES: dict[Operation, Callable[[PartnerQueries, Query], QueryAnswer | FoundFile]] = {
    operations.SHOW: _show,
    operations.LIST: _list,
    operations.CLAIM: _claim,
    operations.FETCH_FILE: _fetch_file,
}
"""By operation, what answers it; of `OPERATIONS` all that are no commands."""


def _refuse_infected(queries: PartnerQueries, sha256: str) -> None:
    try:
        refuse_infected(queries.store, queries.files, sha256)
    except InvalidMessage as found:
        raise RefusedCall(found.code, where="maBamTep", why=found.why, status=403) from None


def _allowed(caller: GatewayCaller) -> Callable[[str], bool]:
    """Return whether the caller may act for the agency of a dossier's number."""
    return lambda number: caller.may_act_for(numbering.parse(number).agency)


def _present(tx: Tx, number: str) -> Dossier:
    """Return a dossier that is here and may be shown."""
    dossier = dossiers.get(tx, number, lock=False)
    if dossier is None:
        ended.refuse_archived(tx, number)
        why = "the hub has no such dossier"
        raise RefusedCall("dossier_unknown", where="maHoSo", why=why)
    ended.refuse_erased(dossier)
    return dossier


def _cursor(last: Dossier) -> str:
    text = f"{last.received_at.isoformat()} {last.number}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, str]:
    """Return the place that a cursor names; raises RefusedCall for one that the hub never gave."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, number = text.split(" ")
        found = datetime.fromisoformat(at)
        if found.tzinfo is None or found.year not in envelope.YEARS:
            raise ValueError("no zone, or out of range")
    except (ValueError, binascii.Error):
        raise RefusedCall("call_invalid", where="sau", why="not a cursor of a list") from None
    return found, number
