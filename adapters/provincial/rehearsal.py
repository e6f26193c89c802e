"""The province as a rehearsal walks through it: its calls, its test dossier, its fields.

The requests are those that the destination builds, byte for byte; sending and reading are taken
apart here, so that a reply which the hub does not understand can be looked into.
"""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.provincial import faults, mapping
from adapters.provincial.comparison.record import TEXTS, TIMES
from adapters.provincial.destination import ProvincialDestination
from adapters.provincial.mapping import Fields
from adapters.provincial.protocol.protocol import Operation, ProvinceProtocol
from adapters.provincial.protocol.rest import RestProtocol
from adapters.provincial.protocol.soap import SoapProtocol
from adapters.provincial.settings import ProvincialSettings
from adapters.wire.connections.hosts import HostConnections
from adapters.wire.profile import Means, Profile
from adapters.wire.reading import Reply
from adapters.wire.rehearsal.calling import Caller, Heard, concluded
from adapters.wire.rehearsal.records import HeardReply, Pair, PairKind, Shown, Test
from hub.messages import catalog
from hub.messages.identifiers import derive_id
from hub.messages.local_time import LOCAL
from hub.messages.payloads import (
    Applicant,
    Channel,
    Payload,
    ProvinceDossier,
    ProvinceProgress,
    Status,
)
from hub.ports import Answer, Request
from hub.rules.failures.errors import DeliveryFailure

STEPS = 13
"""A little over a dozen: some look-ups show the newest ten only."""
WHO = "HỒ SƠ THỬ NGHIỆM  Nguyễn Thị Ghềnh Không Có Thật"
LONG = " ".join(
    f"Nội dung dài để đo chỗ cắt, phần {part}: thửa đất số {part * 7}, tờ bản đồ số {part * 3}."
    for part in range(1, 9)
)
_TWO_DIGITS = re.compile(r"[0-9]{2}")


class ProvinceRehearsal:
    """See `adapters.wire.rehearsal.records.Partner`."""

    steps = STEPS

    def __init__(self, settings: ProvincialSettings, profile: Profile) -> None:
        self.settings = replace(settings, profile=profile)
        self.profile = profile
        self.reply_timeout = settings.reply_timeout
        self.destination = ProvincialDestination(self.settings)
        self._dialect: ProvinceProtocol = (
            SoapProtocol(self.settings) if settings.mode == "soap" else RestProtocol(self.settings)
        )
        self._table = faults.table_of(profile)
        self.wires = HostConnections(
            settings.url, profile, self.settings.limits, partner=self.destination.name
        )
        self._caller = Caller(self.wires, profile, self)
        called = (Operation.LOGIN, Operation.LOOK_UP, Operation.REGISTER, Operation.ADD_STEPS)
        self.addresses = {str(it): self.settings.address(it) for it in called}
        self.absent = f"{settings.agency}-900101-0000"
        self._number = ""
        self._requests: list[Request] = []
        """The registration, then the steps."""

    def log_in(self) -> HeardReply:
        """Ask for a session of its own."""
        arguments = {
            "username": self.settings.username,
            "password": self.settings.password,
            "madonvi": self.settings.agency,
        }
        return self._call(Operation.LOGIN, self._dialect.build(Operation.LOGIN, arguments), "")

    def look_up(self, number: str, token: str) -> HeardReply:
        """Ask for a dossier."""
        arguments = {"madonvi": self.settings.agency, "mahoso": number}
        envelope = self._dialect.build(Operation.LOOK_UP, arguments)
        return self._call(Operation.LOOK_UP, envelope, token)

    def pings(self, token: str) -> list[HeardReply]:
        """The province has nothing else that is harmless."""
        del token
        return []

    def begin(self, test: Test) -> None:
        """Build the requests of the test dossier; the same test gives the same bytes."""
        self._number = test.number
        payloads: list[Payload] = [_dossier(test), *(_step(test, it) for it in range(STEPS))]
        self._requests = []
        for place, payload in enumerate(payloads):
            id = derive_id("rehearsal", test.number, test.now.isoformat(), str(place))
            message = catalog.compose(payload, time=test.now, source="rehearsal", id=id)
            self._requests.append(self.destination.prepare(message, payload))

    def register(self, token: str) -> HeardReply:
        """Send the registration."""
        return self._call(Operation.REGISTER, self._requests[0].body.envelope, token)

    def add_step(self, index: int, token: str) -> HeardReply:
        """Send a step."""
        return self._call(Operation.ADD_STEPS, self._requests[1 + index].body.envelope, token)

    def again(self, heard: HeardReply) -> HeardReply:
        """Read a reply anew."""
        return self._caller.read(heard)

    def find(self, done: tuple[int, ...]) -> dict[str, Answer | DeliveryFailure]:
        """Ask for the dossier and each of these steps, as after an unknown effect."""
        found: dict[str, Answer | DeliveryFailure] = {}
        before: tuple[Request, ...] = ()
        for place in (0, *(1 + it for it in done)):
            request = self._requests[place]
            name = f"{request.operation} {place}" if place else request.operation
            found[name] = concluded(self.destination.find, replace(request, beside=before))
            before = (*before, request)
        return found

    def close(self) -> None:
        """Close the connections."""
        self.wires.close()
        self.destination.close()

    # --- reading, see `adapters.wire.rehearsal.calling.Reading` -----------------------------------

    def hear(self, operation: str, reply: Reply) -> Heard:
        """Return what the reply says."""
        result = self._dialect.read(operation, reply)
        shown = self._shown(result.dossier, result.steps) if result.dossier else None
        return Heard(
            code=result.code,
            message=result.message,
            token=result.session,
            shown=shown,
            names=self._number in result.done,
        )

    def classify(self, operation: str, reply: Reply, heard: Heard) -> Means:
        """Return what that means."""
        means = faults.meaning(reply, heard.code, heard.message, table=self._table)
        if operation == Operation.LOOK_UP and means is Means.DONE and heard.shown is None:
            raise reply.findings.refuse("HoSo", "a code of success without a dossier")
        if operation == Operation.LOGIN and means is Means.DONE and not heard.token:
            raise reply.findings.refuse("session", "a code of success without a session")
        return means

    def _call(self, operation: Operation, envelope: Any, token: str) -> HeardReply:
        address, headers = self._dialect.address(operation)
        body = self._dialect.body(envelope, token)
        return self._caller.call(str(operation), "POST", address, body=body, headers=headers)

    def _shown(self, found: Fields, steps: list[Fields]) -> Shown:
        if not self._requests or str(found.get("MaHoSo", "")).strip() != self._number:
            return Shown(())
        ours, unknown = [], 0
        for step in steps:
            marked = _TWO_DIGITS.search(str(step.get("NoiDungXuLy") or ""))
            index = int(marked[0]) if marked else STEPS
            if index < STEPS:
                ours.append((index, _pairs(self._requests[1 + index].body.record, step)))
            else:
                unknown += 1
        return Shown(_pairs(self._requests[0].body.record, found), tuple(ours), unknown)


def _pairs(sent: Fields, found: Fields) -> tuple[Pair, ...]:
    pairs: list[Pair] = []
    for name, value in sent.items():
        if isinstance(value, list):
            back = found.get(name) or []
            for ours, theirs in zip(value, back, strict=False):
                pairs += _pairs(ours, theirs)
        else:
            pairs.append(Pair(name, _kind(name), str(value), str(found.get(name) or "")))
    return tuple(pairs)


def _kind(name: str) -> PairKind:
    if name in TIMES:
        return PairKind.TIME
    return PairKind.TEXT if name in TEXTS else PairKind.CODE


def _dossier(test: Test) -> ProvinceDossier:
    """Return a dossier whose applicant cannot exist."""
    received = (test.now.astimezone(LOCAL) - timedelta(hours=4)).replace(second=17)
    return ProvinceDossier(
        number=test.number,
        version=1,
        update=False,
        procedure=test.procedure,
        procedure_name=test.procedure_name,
        sector=test.sector,
        sector_name=test.sector_name,
        channel=Channel.COUNTER,
        applicant=Applicant(
            name=WHO,
            identity_number="000000000000",
            phone="0000000000",
            address="Tổ dân phố số 0,  đường Thử Nghiệm, phường không có thật",
        ),
        summary=f"HỒ SƠ THỬ kết nối, đề nghị xóa. {LONG}"[:900],
        received_at=received,
        due_at=received + timedelta(days=3, minutes=21, seconds=24),
        status=Status.ACCEPTED,
        unit=test.unit,
    )


def _step(test: Test, index: int) -> ProvinceProgress:
    received = (test.now.astimezone(LOCAL) - timedelta(hours=4)).replace(second=17)
    text = f"Bước thử {index:02}: kiểm tra  kết nối"
    if index % 4 == 1:
        text = f"{text}. {LONG}"
    return ProvinceProgress(
        number=test.number,
        version=2 + index,
        status=Status.PROCESSING,
        at=received + timedelta(minutes=9 * (index + 1), seconds=1 + 3 * index),
        officer="Nguyễn  Thị Thử Nghiệm Ghềnh",
        unit=mapping.text(test.unit),
        text=text[:900],
    )
