"""The town as a rehearsal walks through it: token, readiness, look-up, a transfer and its repeat.

The transfer is the one that the destination builds. It has no file: that the town can pull files is
seen with the first real dossier, or in the town's own log.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from adapters.town_center import faults
from adapters.town_center.callbacks.reading import read_found, read_reported_step
from adapters.town_center.compare import TRANSFER, sent_in
from adapters.town_center.contract import HeldDossier, Transfer
from adapters.town_center.destination import LOOK_UP, PING, TownCenter
from adapters.town_center.session import LOGIN
from adapters.town_center.settings import TownSettings
from adapters.town_center.token import granted
from adapters.wire.connections.hosts import HostConnections
from adapters.wire.dates import DateReader
from adapters.wire.profile import Means, Profile
from adapters.wire.reading import Reply
from adapters.wire.rehearsal.calling import Caller, Heard, concluded
from adapters.wire.rehearsal.records import HeardReply, Pair, PairKind, Shown, Test
from adapters.wire.replies import expect_success
from hub.messages import catalog
from hub.messages.identifiers import derive_id
from hub.messages.local_time import LOCAL
from hub.messages.payloads import Applicant, Component, Parcel, TownTransfer
from hub.ports import Answer, Request
from hub.rules.failures.errors import DeliveryFailure

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class TownRehearsal:
    """See `adapters.wire.rehearsal.records.Partner`."""

    steps = 0

    def __init__(self, settings: TownSettings, profile: Profile, *, absent: str) -> None:
        """`absent` is a number that cannot be there."""
        self.settings = replace(settings, profile=profile)
        self.profile = profile
        self.reply_timeout = settings.reply_timeout
        self.destination = TownCenter(self.settings)
        self._table = faults.table_of(profile)
        self._dates = DateReader(profile.dates)
        self.wires = HostConnections(
            settings.url,
            profile,
            self.destination.session.limits,
            partner=self.destination.name,
        )
        self._caller = Caller(self.wires, profile, self)
        called = {LOGIN, LOOK_UP, TRANSFER, PING} - set(profile.unsupported.operations)
        self.addresses = {it: self.settings.address(it, "0") for it in sorted(called)}
        self.absent = absent
        self._number = ""
        self._request: Request | None = None

    def log_in(self) -> HeardReply:
        """Ask for a token of its own."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": self.settings.client_secret,
        }
        body, address = urlencode(form).encode(), self.settings.address(LOGIN)
        return self._caller.call(LOGIN, "POST", address, body=body, headers=_FORM)

    def look_up(self, number: str, token: str) -> HeardReply:
        """Ask for a dossier."""
        address = self.settings.address(LOOK_UP, number)
        return self._caller.call(LOOK_UP, "GET", address, headers=_bearer(token))

    def pings(self, token: str) -> list[HeardReply]:
        """Ask whether the town is ready."""
        if PING not in self.addresses:
            return []
        address = self.settings.address(PING)
        return [self._caller.call(PING, "GET", address, headers=_bearer(token))]

    def begin(self, test: Test) -> None:
        """Build the transfer; the same test gives the same bytes."""
        self._number = test.number
        payload = _transfer(test)
        id = derive_id("rehearsal", test.number, test.now.isoformat())
        message = catalog.compose(payload, time=test.now, source="rehearsal", id=id)
        self._request = self.destination.prepare(message, payload)

    def register(self, token: str) -> HeardReply:
        """Send the transfer."""
        request = self._made()
        address = self.settings.address(TRANSFER, request.number)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": request.message_id,
            **_bearer(token),
        }
        return self._caller.call(TRANSFER, "POST", address, body=request.body, headers=headers)

    def add_step(self, index: int, token: str) -> HeardReply:
        """The town takes no steps."""
        raise NotImplementedError

    def again(self, heard: HeardReply) -> HeardReply:
        """Read a reply anew."""
        return self._caller.read(heard)

    def find(self, done: tuple[int, ...]) -> dict[str, Answer | DeliveryFailure]:
        """Ask for the transfer, as after an unknown effect."""
        del done
        return {TRANSFER: concluded(self.destination.find, self._made())}

    def close(self) -> None:
        """Close the connections."""
        self.wires.close()
        self.destination.close()

    # --- reading, see `adapters.wire.rehearsal.calling.Reading` -----------------------------------

    def hear(self, operation: str, reply: Reply) -> Heard:
        """Return what the reply says."""
        if operation == LOGIN:
            expect_success(reply)
            lifetime = self.profile.session.lifetime
            return Heard(code="", message="", token=granted(reply, cautious=lifetime).token)
        if operation == LOOK_UP:
            step, theirs = read_found(reply, dates=self._dates)
            shown = self._shown(theirs) if theirs is not None else None
            return Heard(code=step.code, message=step.message, shown=shown)
        step = read_reported_step(reply)
        names = bool(self._number) and step.number == self._number
        return Heard(code=step.code, message=step.message, names=names)

    def classify(self, operation: str, reply: Reply, heard: Heard) -> Means:
        """Return what that means."""
        del heard
        if operation == LOGIN:
            return Means.DONE
        if operation == LOOK_UP:
            step, _ = read_found(reply, dates=self._dates)
            if faults.meaning(reply, step, table=self._table) is Means.SESSION_OVER:
                return Means.SESSION_OVER
            theirs = faults.found(reply, table=self._table, dates=self._dates)
            return Means.NOT_THERE if theirs is None else Means.DONE
        number = self._number if operation == TRANSFER else ""
        done = faults.outcome(reply, number, table=self._table)
        return Means.ALREADY if done.already else Means.DONE

    def _made(self) -> Request:
        if self._request is None:
            raise ValueError("no test dossier was begun")
        return self._request

    def _shown(self, theirs: HeldDossier) -> Shown:
        if self._request is None or theirs.number != self._number:
            return Shown(())
        sent = sent_in(self._request)
        if not isinstance(sent, Transfer):
            return Shown(())
        recorded = theirs.transfers[0].message_id if theirs.transfers else ""
        return Shown(
            (
                Pair("SoBienNhan", PairKind.CODE, sent.number, theirs.number),
                Pair("MaQuyTrinh", PairKind.CODE, sent.process.code, theirs.process),
                _time("NgayTiepNhan", sent.received_at, theirs.received_at),
                _time("NgayHenTra", sent.due_at, theirs.due_at),
                Pair("maThongDiep", PairKind.CODE, self._request.message_id, recorded),
            )
        )


def _time(name: str, sent: datetime, theirs: datetime) -> Pair:
    return Pair(name, PairKind.TIME, sent.isoformat(), theirs.isoformat())


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _transfer(test: Test) -> TownTransfer:
    """Return a dossier whose applicant cannot exist."""
    received = (test.now.astimezone(LOCAL) - timedelta(hours=4)).replace(second=17)
    return TownTransfer(
        number=test.number,
        version=1,
        procedure=test.procedure,
        procedure_name=test.procedure_name,
        applicant=Applicant(
            name="HỒ SƠ THỬ NGHIỆM  Nguyễn Thị Ghềnh Không Có Thật",
            identity_number="000000000000",
            phone="0000000000",
            address="Tổ dân phố số 0, phường không có thật",
        ),
        received_at=received,
        due_at=received + timedelta(days=9, minutes=21, seconds=24),
        transferred_at=received + timedelta(hours=2, seconds=5),
        officer="Nguyễn Thị Thử Nghiệm",
        components=(Component(code="TP1", name="HỒ SƠ THỬ, đề nghị xóa", originals=1),),
        parcels=(Parcel(number="0", map_sheet="0", area_m2=1.0, address="không có thật"),),
    )
