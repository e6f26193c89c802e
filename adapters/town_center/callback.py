"""The body of the town's callback as a record, read with the same tolerance as the town's replies.

What has one reading is read, and counted as drift; what has none, or two, is an InvalidMessage that
names the field. The contract's limits hold for what was read.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from adapters.town_center import contract
from adapters.wire.dates import DOTNET, ISO, DateReader
from adapters.wire.profile import Profile
from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.documents.json import read_json
from adapters.wire.reading.documents.record import Record, RecordReader, as_number
from adapters.wire.reading.documents.shape import shape_of
from adapters.wire.reading.words import folded
from hub.messages.envelope import OUT_OF_RANGE, YEARS, place
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import TownStep
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

OPERATION = "stepReported"
"""The contract's name of the callback."""
_SUBJECT = re.compile(r"[0-9A-Z.-]{1,60} [0-9]{1,5}")
_DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_APART = re.compile(r"[^a-z0-9]+")
_CONTENT = ("content-type", "content-encoding")
_report = shape_of(contract.StepReport)


class _About(msgspec.Struct):
    number: str = msgspec.field(name="SoBienNhan", default="")
    sequence: int | None = msgspec.field(name="thuTu", default=None)


_about = shape_of(_About)


class CallbackReader:
    """Reads the callbacks of one town; safe in many threads."""

    def __init__(self, profile: Profile) -> None:
        dates = replace(profile.dates, forms=tuple(dict.fromkeys((*profile.dates.forms, ISO))))
        self._dates = DateReader(dates, zone=profile.callbacks.zone)
        self._keeps_days = profile.resolution.time >= timedelta(days=1)
        self._officer = profile.callbacks.officer

    def read(
        self, body: bytes, headers: Mapping[str, str], findings: Findings
    ) -> contract.StepReport:
        """Return the step in a body, raises InvalidMessage."""
        try:
            value = read_json(_as_reply(body, headers, findings))
        except AmbiguousFailure as failure:
            raise InvalidMessage("json_broken", where="$", why=failure.detail) from None
        try:
            record = RecordReader(findings).object(value, _report, "")
        except AmbiguousFailure as failure:
            raise InvalidMessage("payload_invalid", where="$", why=failure.detail) from None
        fields = {**record, "thoiDiem": self._moment(record["thoiDiem"], findings)}
        fields["SoBienNhan"] = _in_our_letters(record["SoBienNhan"], "SoBienNhan", findings)
        fields["thuTu"] = _number(record["thuTu"])
        fields["buoc"] = _step(record["buoc"], findings)
        fields["canBo"] = record["canBo"] or self._officer
        if not fields["canBo"]:
            why = "missing; ask the town to name the officer, or set callbacks.officer"
            raise InvalidMessage("payload_invalid", where="$.canBo", why=why)
        fields["DanhSachGiayToKetQua"] = [_file(it) for it in record["DanhSachGiayToKetQua"]]
        try:
            return msgspec.convert(fields, contract.StepReport)
        except msgspec.ValidationError as error:
            raise InvalidMessage("payload_invalid", **place(error)) from None

    def _moment(self, text: str, findings: Findings) -> datetime:
        found = self._dates.read(text)
        if found is None or (_DAY.fullmatch(text) and not self._keeps_days):
            why = "missing" if not text else "no time; add its form to dates.forms"
            raise InvalidMessage("payload_invalid", where="$.thoiDiem", why=why)
        if found.year not in YEARS:
            raise InvalidMessage("payload_invalid", where="$.thoiDiem", why=OUT_OF_RANGE)
        if DOTNET.fullmatch(text):
            findings.add(DriftKind.OTHER_TYPE, "thoiDiem")
        return found.astimezone(UTC)


def subject_of(body: bytes, headers: Mapping[str, str]) -> str:
    """Return which dossier and step a body is about, as far as one can read it; else ""."""
    findings = Findings()
    try:
        value = read_json(_as_reply(body, headers, findings))
        record = RecordReader(findings).object(value, _about, "")
    except AmbiguousFailure:
        return ""
    found = f"{record['SoBienNhan'].upper()} {_number(record['thuTu'])}"
    return found if _SUBJECT.fullmatch(found) else ""


def _as_reply(body: bytes, headers: Mapping[str, str], findings: Findings) -> Reply:
    """Return a call of the town in the form in which what it answers is read."""
    content = {it.lower(): value for it, value in headers.items() if it.lower() in _CONTENT}
    return Reply(status=200, headers=content, body=body, findings=findings)


def _number(value: Any) -> Any:
    """Return a whole number; anything else as it is, for the contract to refuse."""
    whole = as_number(value)
    return value if whole is None else whole


def _in_our_letters(number: str, name: str, findings: Findings) -> str:
    if number != number.upper():
        findings.add(DriftKind.UNKNOWN_VALUE, name)
    return number.upper()


def _step(text: str, findings: Findings) -> str:
    """Return a step in the contract's spelling: small, without marks, hyphens between words."""
    found = _APART.sub("-", folded(text.casefold())).strip("-")
    if found == text or found not in frozenset(TownStep):
        return text
    findings.add(DriftKind.UNKNOWN_VALUE, "buoc")
    return found


def _file(record: Record) -> Record:
    return {**record, "size": _number(record["size"]), "sha256": record["sha256"].casefold()}
