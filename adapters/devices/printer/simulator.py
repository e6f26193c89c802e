"""The printer as a product: IPP over HTTP, with a ledger of what it printed and switchable faults.

It keeps the list of its jobs and has a past: a page that it printed an hour before it was started.
`python -m adapters.devices.printer.simulator --ledger FILE` runs it until SIGTERM.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.devices.printer.calls import USER
from adapters.devices.printer.ipp import (
    MEDIA_TYPE,
    VERSION,
    Attributes,
    Group,
    IppReply,
    Operation,
    Tag,
    UnreadableReply,
    Value,
    Written,
    read_reply,
    write_request,
)
from adapters.simulation.dialects.speech import Setting
from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Effect, Ledger
from adapters.simulation.partner import Answer, Call, Partner
from adapters.simulation.serve import run

PRINT = "Print-Job"
_OPERATIONS: Final = {
    Operation.PRINT_JOB: PRINT,
    Operation.VALIDATE_JOB: "Validate-Job",
    Operation.GET_JOB_ATTRIBUTES: "Get-Job-Attributes",
    Operation.GET_JOBS: "Get-Jobs",
    Operation.GET_PRINTER_ATTRIBUTES: "Get-Printer-Attributes",
}
_BAD_REQUEST, _NOT_POSSIBLE, _NOT_FOUND, _FORMAT = 0x0400, 0x0404, 0x0406, 0x040A
_INTERNAL, _UNSUPPORTED, _UNHEARD_OF = 0x0500, 0x0501, 0x0700
_COMPLETED = 9
_PAST = 3600
"""Seconds since the printer was switched on, when the simulator starts."""
_FORMATS: Final = ("application/pdf", "application/octet-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedJob:
    """One job of the printer, done."""

    id: int
    name: str
    user: str
    at: int
    """By the printer's clock, in seconds."""


class SimulatedPrinter(Partner):
    """A printer that is well: it prints at once."""

    name = "printer"

    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        super().__init__(ledger, faults)
        self._on_since = time.monotonic() - _PAST
        self.jobs = [PrintedJob(id=1, name="test page", user=USER, at=1)]
        for effect in ledger.effects():
            self._keep(f"{effect.key} {effect.dossier}", USER)

    def operation(self, call: Call) -> str:
        request = _read(call)
        return _OPERATIONS.get(request.status, "other") if request else "other"  # type: ignore[call-overload]

    async def answer(self, call: Call) -> Answer:
        request = _read(call)
        if request is None:
            return _answer(_BAD_REQUEST, None)
        given = request.group(Group.OPERATION)
        match request.status:
            case Operation.PRINT_JOB | Operation.VALIDATE_JOB:
                return await self._print(request, given)
            case Operation.GET_JOBS:
                return self._list(request, given)
            case Operation.GET_JOB_ATTRIBUTES:
                found = [it for it in self.jobs if it.id == _first(given, "job-id")]
                status = 0 if found else _NOT_FOUND
                return _answer(status, request, *map(self._described, found))
            case Operation.GET_PRINTER_ATTRIBUTES:
                wanted = set(map(str, given.get("requested-attributes", ())))
                described = (Group.PRINTER, self._itself(str(_first(given, "printer-uri")), wanted))
                return _answer(0, request, described)
        return _answer(_UNSUPPORTED, request)

    def refusal(self, call: Call) -> Answer:
        return self._refused(call, _NOT_POSSIBLE)

    def server_fault(self, call: Call) -> Answer:
        return self._refused(call, _INTERNAL)

    def unknown_code(self, call: Call) -> Answer:
        return self._refused(call, _UNHEARD_OF)

    def expire_sessions(self) -> None:
        """There are none."""

    async def _print(self, request: IppReply, given: Attributes) -> Answer:
        if _first(given, "document-format") not in (None, *_FORMATS):
            return _answer(_FORMAT, request)
        if request.status == Operation.VALIDATE_JOB:
            return _answer(0, request)
        if not request.rest:
            return _answer(_BAD_REQUEST, request)
        name, user = (str(_first(given, it) or "") for it in ("job-name", "requesting-user-name"))
        job = self._keep(name, user)
        message_id, _, number = name.partition(" ")
        copies = _first(request.group(Group.JOB), "copies") or 1
        content = f"{copies!s} x {hashlib.sha256(request.rest).hexdigest()}"
        effect = Effect(
            kind="page",
            operation=PRINT,
            dossier=number,
            key=message_id,
            content=content.encode(),
        )
        await self.ledger.record([effect])
        return _answer(0, request, self._described(job), number=number)

    def _list(self, request: IppReply, given: Attributes) -> Answer:
        found: Iterable[PrintedJob] = ()
        if _first(given, "which-jobs") == "completed":  # it prints at once: no job ever waits
            mine, user = _first(given, "my-jobs"), _first(given, "requesting-user-name")
            found = (it for it in reversed(self.jobs) if not mine or it.user == user)
        number = self.jobs[-1].name.partition(" ")[2]
        return _answer(0, request, *map(self._described, found), number=number)

    def _keep(self, name: str, user: str) -> PrintedJob:
        job = PrintedJob(id=len(self.jobs) + 1, name=name, user=user, at=self._up_time())
        self.jobs.append(job)
        return job

    def _up_time(self) -> int:
        return int(time.monotonic() - self._on_since)

    def _described(self, job: PrintedJob) -> tuple[Group, list[Written]]:
        return Group.JOB, [
            Written(Tag.INTEGER, "job-id", (job.id,)),
            Written(Tag.URI, "job-uri", (f"ipp://localhost/jobs/{job.id}",)),
            Written(Tag.NAME, "job-name", (job.name,)),
            Written(Tag.ENUM, "job-state", (_COMPLETED,)),
            Written(Tag.KEYWORD, "job-state-reasons", ("job-completed-successfully",)),
            Written(Tag.INTEGER, "job-impressions-completed", (1,)),
            Written(Tag.INTEGER, "time-at-creation", (job.at,)),
            Written(Tag.INTEGER, "time-at-completed", (job.at,)),
            Written(Tag.INTEGER, "job-printer-up-time", (self._up_time(),)),
            Written(Tag.NAME, "job-originating-user-name", (job.user,)),
        ]

    def _itself(self, uri: str, wanted: set[str]) -> list[Written]:
        """Return the printer's description, or what of it was asked for."""
        described = [
            Written(Tag.URI, "printer-uri-supported", (uri,)),
            Written(Tag.KEYWORD, "uri-security-supported", ("none",)),
            Written(Tag.KEYWORD, "uri-authentication-supported", ("none",)),
            Written(Tag.NAME, "printer-name", ("may-in-thu",)),
            Written(Tag.TEXT, "printer-info", ("simulated printer",)),
            Written(Tag.TEXT, "printer-location", ("counter",)),
            Written(Tag.TEXT, "printer-make-and-model", ("one-stop-hub simulator",)),
            Written(Tag.URI, "printer-more-info", (uri,)),
            Written(Tag.ENUM, "printer-state", (3,)),
            Written(Tag.KEYWORD, "printer-state-reasons", ("none",)),
            Written(Tag.BOOLEAN, "printer-is-accepting-jobs", (True,)),
            Written(Tag.KEYWORD, "ipp-versions-supported", ("1.1", "2.0")),
            Written(Tag.ENUM, "operations-supported", tuple(map(int, _OPERATIONS))),
            Written(Tag.CHARSET, "charset-configured", ("utf-8",)),
            Written(Tag.CHARSET, "charset-supported", ("utf-8",)),
            Written(Tag.LANGUAGE, "natural-language-configured", ("vi",)),
            Written(Tag.LANGUAGE, "generated-natural-language-supported", ("vi",)),
            Written(Tag.MEDIA_TYPE, "document-format-default", _FORMATS[:1]),
            Written(Tag.MEDIA_TYPE, "document-format-supported", _FORMATS),
            Written(Tag.KEYWORD, "media-ready", ("iso_a4_210x297mm",)),
            Written(Tag.INTEGER, "queued-job-count", (0,)),
            Written(Tag.KEYWORD, "pdl-override-supported", ("attempted",)),
            Written(Tag.INTEGER, "printer-up-time", (self._up_time(),)),
            Written(Tag.KEYWORD, "compression-supported", ("none",)),
        ]
        if not wanted or wanted & {"all", "printer-description"}:
            return described
        return [it for it in described if it.name in wanted]

    def _refused(self, call: Call, status: int) -> Answer:
        return _answer(status, _read(call))


def _read(call: Call) -> IppReply | None:
    try:
        return read_reply(call.body)
    except UnreadableReply:
        return None


def _first(attributes: Attributes, name: str) -> Value:
    return next(iter(attributes.get(name, ())), None)


def _answer(
    status: int,
    request: IppReply | None,
    *groups: tuple[Group, list[Written]],
    number: str = "",
) -> Answer:
    """Return an answer in the version of its request, as RFC 8011 wants it."""
    request_id, version = (request.request_id, request.version) if request else (0, VERSION)
    all_groups = [(Group.OPERATION, list[Written]()), *groups]
    body = write_request(status, request_id, all_groups, version=version)
    return Answer(body=body, content_type=MEDIA_TYPE.encode(), number=number)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator until SIGTERM or SIGINT; return the exit code."""
    parser = argparse.ArgumentParser(prog="hub simulate printer", description=__doc__)
    parser.add_argument("--ledger", type=Path, required=True, help="file of its ledger (SQLite)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0)
    given = parser.parse_args(argv)
    run(
        SimulatedPrinter,
        ledger=given.ledger,
        host=given.host,
        port=given.port,
        control_port=given.control_port,
        seed=0,
        dialect=Setting(),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
