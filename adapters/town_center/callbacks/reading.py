"""The town's replies as records, read tolerantly: what a call did, a held dossier.

The shapes are the contract's; what a reply must have is only what the hub concludes from. The
conclusions are those of `faults` and `compare`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from adapters.town_center import contract
from adapters.wire.dates import DateReader
from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.documents.json import read_json
from adapters.wire.reading.documents.record import Record, RecordReader, as_number, as_truth
from adapters.wire.reading.documents.shape import shape_of
from hub.messages.local_time import LOCAL
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

"""Of a time without an offset."""
_LISTS = ("tiepNhan", "boSung", "traKetQua", "TapTin")
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)
_reply, _find_reply = shape_of(contract.Reply), shape_of(contract.FindReply)


class _Ended(msgspec.Struct):
    status: contract.Outcome


_ended = shape_of(_Ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedStep:
    """What a reply says of how a call ended; None where it does not say it."""

    code: str
    message: str
    success: bool | None
    done: bool | None
    """`data` of the reply to a writing call."""
    number: str = ""
    """The dossier that it names."""
    own_number: str = ""


def read_reported_step(reply: Reply) -> ReportedStep:
    """Return what the reply to a writing call says; raises AmbiguousFailure."""
    record = RecordReader(reply.findings).object(read_json(reply), _reply, "")
    status = _status(record, reply.findings)
    done = _truth(record["data"], "data", reply.findings)
    number, own = record["SoBienNhan"], record["MaHoSoThiXa"]
    return replace(status, done=done, number=number, own_number=own)


class Shown(contract.HeldDossier, frozen=True, kw_only=True):
    """A dossier as the town showed it."""

    unsaid: frozenset[str] = frozenset()
    """The town's names of lists that are empty here, and of which the reply does not say that:
    they are not in it, or something unknown beside them may hold what they would."""


def read_found(reply: Reply, *, dates: DateReader) -> tuple[ReportedStep, Shown | None]:
    """Return what the reply to a search says, and the dossier; raises AmbiguousFailure.

    `dates` reads its times.
    """
    findings = reply.findings
    reader = RecordReader(findings)
    record = reader.object(read_json(reply), _find_reply, "")
    data = record["data"]
    if data is None:
        return _status(record, findings), None
    lists = {name for name in _LISTS if not data[name]}
    absent = {name for name in lists if f"data/{name}" in reader.absent}
    for name in sorted(absent):
        findings.add(DriftKind.MISSING_FIELD, f"data/{name}")
    shown = _shown(data, findings, dates, unsaid=frozenset(lists if reader.unread else absent))
    return _status(record, findings), shown


def read_status(reply: Reply) -> ReportedStep:
    """Return what any reply of the town says of its call, without drift; raises AmbiguousFailure.

    `done` is None where `data` is not that of a writing call.
    """
    quiet = replace(reply, findings=Findings())
    try:
        return read_reported_step(quiet)
    except AmbiguousFailure:
        value = RecordReader(quiet.findings).object(read_json(quiet), _ended, "")
        return _status(value, quiet.findings)


def _status(record: Record, findings: Findings) -> ReportedStep:
    status = record["status"]
    if status is None:
        return ReportedStep(code="", message="", success=None, done=None)
    success = _truth(status["success"], "status/success", findings)
    return ReportedStep(code=status["code"], message=status["message"], success=success, done=None)


def _truth(value: Any, place: str, findings: Findings) -> bool | None:
    if value is None:
        return None
    truth = as_truth(value)
    if truth is None:
        raise findings.refuse(place, "neither yes nor no")
    return truth


def _shown(data: Record, findings: Findings, dates: DateReader, *, unsaid: frozenset[str]) -> Shown:
    return Shown(
        unsaid=unsaid,
        number=data["SoBienNhan"],
        own_number=data["MaHoSoThiXa"],
        state=_choice(contract.DossierState, data["TrangThai"], "TrangThai", findings),
        process=data["MaQuyTrinh"],
        received_at=_moment(data["NgayTiepNhan"], "NgayTiepNhan", findings, dates),
        due_at=_moment(data["NgayHenTra"], "NgayHenTra", findings, dates),
        transfers=_calls(data["tiepNhan"], "tiepNhan", findings, dates),
        supplements=_calls(data["boSung"], "boSung", findings, dates),
        returns=_calls(data["traKetQua"], "traKetQua", findings, dates),
        files=tuple(
            contract.HeldFile(
                name=it["name"],
                sha256=it["sha256"].casefold(),
                size=as_number(it["size"]) or 0,
                state=_choice(contract.FileState, it["xacMinh"], "TapTin/xacMinh", findings),
            )
            for it in data["TapTin"]
        ),
    )


def _calls(
    rows: list[Record], name: str, findings: Findings, dates: DateReader
) -> tuple[contract.Recorded, ...]:
    found = []
    for row in rows:
        version = as_number(row["PhienBan"])
        if version is None:
            raise _missing(f"{name}/PhienBan", row["PhienBan"], "a number", findings)
        # When it was recorded is not compared, so that it may be missing.
        moment = read_moment(row["luc"], dates) or _NO_TIME
        call = contract.Recorded(message_id=row["maThongDiep"], version=version, at=moment)
        found.append(call)
    return tuple(found)


def _choice(kind: Any, value: str, name: str, findings: Findings) -> Any:
    """Return the value of a list, or the text as it is where the list does not have it."""
    try:
        return kind(value)
    except ValueError:
        findings.add(DriftKind.UNKNOWN_VALUE, f"data/{name}")
        return value


def _moment(text: str, name: str, findings: Findings, dates: DateReader) -> datetime:
    found = read_moment(text, dates)
    if found is None:
        raise _missing(name, text, "a time", findings)
    return found


def read_moment(text: str, dates: DateReader | None = None) -> datetime | None:
    """Return the time in a text, None where there is none; without an offset it is local.

    `dates` reads the forms of the town's profile; what it does not read may be ISO 8601.
    """
    if dates is not None and (written := dates.read(text)) is not None:
        return written
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=LOCAL)


def _missing(name: str, value: object, wanted: str, findings: Findings) -> AmbiguousFailure:
    read = f"no {wanted.removeprefix('a ')}" if value else "missing"
    return findings.refuse(f"data/{name}", read)
