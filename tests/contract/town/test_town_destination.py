"""The town as a destination, against its simulator as a process of its own over real HTTP."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.town_center.destination import TownCenter
from hub.messages.payloads import TownResultReturned, TownSupplement
from hub.ports import Absent, Doubt, Receipt, Request, Unclear
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
    TransientFailure,
)
from tests.support.partners.town import (
    HUE,
    LittleHub,
    message_of,
    running_town,
    settings_for,
    transfer,
)

K = FaultKind
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LittleHub, SimulatorProcess]]:
    with running_town(tmp_path_factory.mktemp("town"), "--supplement-share", "0") as found:
        yield found


@pytest.fixture
def town(place: tuple[LittleHub, SimulatorProcess]) -> Iterator[SimulatorProcess]:
    yield place[1]
    place[1].clear_faults()


@pytest.fixture
def destination(
    place: tuple[LittleHub, SimulatorProcess], town: SimulatorProcess
) -> Iterator[TownCenter]:
    found = TownCenter(settings_for(town.url, place[0].url))
    yield found
    found.close()


@pytest.fixture
def number() -> str:
    return f"000.99.02.H57-180724-{next(_numbers):04d}"


def request_for(destination: TownCenter, payload: Any, **more: Any) -> Request:
    return destination.prepare(message_of(payload, **more), payload)


def effects(town: SimulatorProcess, number: str) -> list[str]:
    """Return what the town did and noted of our calls."""
    rows = town.effects(dossier=number) + town.notes(dossier=number)
    return [row["kind"] for row in rows if row["kind"] not in {"file", "step"}]


def test_a_transfer_is_done_and_found(
    destination: TownCenter, town: SimulatorProcess, number: str
) -> None:
    """Absent before, there afterwards, in the town's own ledger once."""
    request = request_for(destination, transfer(number))
    assert destination.find(request) == Absent()
    receipt = destination.send(request)
    assert (receipt.already, len(receipt.response_hash)) == (False, 64)
    assert receipt.reference.startswith("000.99.00.H57-180724-")
    found = destination.find(request)
    assert isinstance(found, Receipt)
    assert found.reference == receipt.reference
    assert effects(town, number) == ["dossier"]


NOT_DONE = [
    (Fault(kind=K.DOWN), TransientFailure, "partner_unreachable"),
    (Fault(kind=K.BUSY, seconds=7), TransientFailure, "partner_busy"),
    (Fault(kind=K.REFUSES), PermanentFailure, "partner_refused"),
    (Fault(kind=K.SOAP_FAULT), AmbiguousFailure, "reply_server_error"),
]
DONE = [
    (Fault(kind=K.DROP_AFTER_ACCEPT), "reply_dropped"),
    (Fault(kind=K.LATE, seconds=4), "reply_timeout"),
    (Fault(kind=K.SERVER_ERROR, status=502), "reply_server_error"),
    (Fault(kind=K.SERVER_ERROR, status=504), "reply_server_error"),
    (Fault(kind=K.HTML), "reply_unreadable"),
    (Fault(kind=K.TRUNCATED), "reply_unreadable"),
    (Fault(kind=K.WRONG_ENCODING), "reply_unreadable"),
    (Fault(kind=K.OTHER_DOSSIER), "reply_unreadable"),
    (Fault(kind=K.HUGE), "reply_unreadable"),
    (Fault(kind=K.REDIRECT), "reply_unreadable"),
    (Fault(kind=K.DEEP), "reply_unreadable"),
    (Fault(kind=K.ENTITIES), "reply_unreadable"),
]


def only(fault: Fault, *operations: str, remaining: int | None = 1) -> Fault:
    values = {name: getattr(fault, name) for name in fault.__struct_fields__}
    if fault.kind is K.DOWN:
        return fault
    return Fault(**{**values, "operations": operations, "remaining": remaining})


@pytest.mark.parametrize(
    ("fault", "kind", "code"), NOT_DONE, ids=[str(row[0].kind) for row in NOT_DONE]
)
def test_a_failure_without_effect(
    destination: TownCenter,
    town: SimulatorProcess,
    number: str,
    fault: Fault,
    kind: type[DeliveryFailure],
    code: str,
) -> None:
    """The town has nothing, says so when asked, and takes the same call afterwards."""
    request = request_for(destination, transfer(number))
    town.set_faults([only(fault, "TiepNhanHoSo")])
    with pytest.raises(kind) as caught:
        destination.send(request)
    assert caught.value.code == code
    if fault.kind is K.BUSY:
        assert caught.value.retry_after == timedelta(seconds=7)
    town.clear_faults()
    assert destination.find(request) == Absent()
    assert destination.send(request).already is False
    assert effects(town, number) == ["dossier"]


@pytest.mark.parametrize(
    ("fault", "code"), DONE, ids=[f"{row[0].kind}-{row[0].status}" for row in DONE]
)
def test_an_effect_without_a_readable_reply_is_ambiguous_and_found(
    place: tuple[LittleHub, SimulatorProcess],
    town: SimulatorProcess,
    number: str,
    fault: Fault,
    code: str,
) -> None:
    """Unknown to the caller, done at the town: never claimed failed, settled by asking."""
    patience = timedelta(seconds=1) if fault.kind is K.LATE else timedelta(seconds=20)
    destination = TownCenter(settings_for(town.url, place[0].url, reply_timeout=patience))
    request = request_for(destination, transfer(number))
    town.set_faults([only(fault, "TiepNhanHoSo")])
    with pytest.raises(AmbiguousFailure) as caught:
        destination.send(request)
    assert caught.value.code == code
    destination.close()
    patient = TownCenter(settings_for(town.url, place[0].url))
    found = patient.find(request)
    assert isinstance(found, Receipt)
    assert found.already is False
    assert effects(town, number) == ["dossier"]
    patient.close()


def test_a_slow_town_leaves_the_effect_unknown(
    place: tuple[LittleHub, SimulatorProcess], town: SimulatorProcess, number: str
) -> None:
    """Our patience ends before the town begins: that too is no proof of anything."""
    destination = TownCenter(
        settings_for(town.url, place[0].url, reply_timeout=timedelta(seconds=1))
    )
    request = request_for(destination, transfer(number))
    town.set_faults([only(Fault(kind=K.SLOW, seconds=4), "TiepNhanHoSo")])
    with pytest.raises(AmbiguousFailure, match="reply_timeout"):
        destination.send(request)
    destination.close()


def test_a_reply_that_comes_twice_spoils_no_later_call(
    destination: TownCenter, town: SimulatorProcess, number: str
) -> None:
    """The second copy must not be taken for the reply to the next call."""
    town.set_faults([only(Fault(kind=K.TWICE), "TiepNhanHoSo")])
    request = request_for(destination, transfer(number))
    assert destination.send(request).already is False
    other = request_for(destination, transfer(number.replace("0724", "0725")))
    # The copy may come before or after the connection is taken again: found out, or not met.
    with suppress(TransientFailure):
        assert destination.find(other) == Absent()
    assert destination.find(other) == Absent()
    assert isinstance(destination.find(request), Receipt)


def test_a_copy_of_an_earlier_reply_is_not_taken_for_success(
    destination: TownCenter, town: SimulatorProcess, number: str
) -> None:
    """Were it believed, the second dossier would be lost: it is sent, or its effect unknown."""
    for index in range(20):
        town.set_faults([only(Fault(kind=K.TWICE), "TiepNhanHoSo")])
        first = request_for(destination, transfer(f"000.99.03.H57-1807{index:02d}-0001"))
        second = request_for(destination, transfer(f"000.99.03.H57-1807{index:02d}-0002"))
        destination.send(first)
        try:
            destination.send(second)
        except AmbiguousFailure:
            continue
        assert effects(town, second.number) == ["dossier"]


def test_an_expired_token_is_renewed_and_the_call_made_once(
    destination: TownCenter, town: SimulatorProcess, number: str
) -> None:
    """The officer never sees that a token ran out."""
    destination.ping()
    town.set_faults([only(Fault(kind=K.EXPIRED_TOKEN), "TiepNhanHoSo")])
    assert destination.send(request_for(destination, transfer(number))).already is False
    assert effects(town, number) == ["dossier"]
    assert town.faults() == []


@pytest.mark.parametrize("kind", [K.BUSY, K.REFUSES, K.HTML, K.DROP_AFTER_ACCEPT, K.SERVER_ERROR])
def test_a_failed_login_is_no_effect(
    destination: TownCenter, town: SimulatorProcess, number: str, kind: FaultKind
) -> None:
    """However the login fails, the dossier was not sent, so it may simply be sent later."""
    # For every login, not the next one: the callbacks of earlier dossiers log in too.
    town.set_faults([only(Fault(kind=kind), "token", remaining=None)])
    request = request_for(destination, transfer(number))
    with pytest.raises(TransientFailure):
        destination.send(request)
    town.clear_faults()
    assert destination.send(request).already is False
    assert effects(town, number) == ["dossier"]


def test_a_wrong_client_secret_is_said_without_telling_it(
    place: tuple[LittleHub, SimulatorProcess],
) -> None:
    """`ping` finds a wrong setting; its text holds no secret."""
    hub, town = place
    destination = TownCenter(settings_for(town.url, hub.url, client_secret="no-such-word"))
    with pytest.raises(TransientFailure) as caught:
        destination.ping()
    assert caught.value.code == "partner_login"
    assert "no-such-word" not in str(caught.value)
    destination.close()


def test_the_same_transfer_twice_is_already_there(
    destination: TownCenter, town: SimulatorProcess, number: str
) -> None:
    """ "Đã tồn tại" is success, and the town did nothing a second time."""
    request = request_for(destination, transfer(number))
    destination.send(request)
    assert destination.send(request).already is True
    assert effects(town, number) == ["dossier", "attempt"]


def test_the_same_content_under_another_message_id_is_already_there(
    destination: TownCenter, number: str
) -> None:
    """A resend that changed nothing is recognised by comparing."""
    destination.send(request_for(destination, transfer(number)))
    again = request_for(destination, transfer(number))
    found = destination.find(again)
    assert isinstance(found, Receipt)
    assert found.already is True
    assert destination.send(again).already is True


def test_another_dossier_under_the_same_number_is_a_conflict(
    destination: TownCenter, place: tuple[LittleHub, SimulatorProcess], number: str
) -> None:
    """ "Đã tồn tại" about another content is not success: a person must look."""
    destination.send(request_for(destination, transfer(number)))
    scan = place[0].put(b"another paper")
    due = datetime(2018, 10, 1, 17, tzinfo=HUE)
    payload = transfer(number, procedure="1.012756", due_at=due)
    other = destination.prepare(message_of(payload, scan), payload)
    with pytest.raises(PermanentFailure) as caught:
        destination.send(other)
    assert caught.value.code == "partner_conflict"
    assert caught.value.detail == "differs in MaQuyTrinh, NgayHenTra, TapTin"
    differs = ("MaQuyTrinh", "NgayHenTra", "TapTin")
    assert caught.value.differs == differs
    assert destination.find(other) == Unclear(why=Doubt.OTHER, differs=differs)


@pytest.mark.parametrize(
    "changes",
    [
        {"due_at": datetime(2018, 10, 1, 17, tzinfo=HUE)},
        {"procedure": "1.012756"},
        {"version": 2},
        {"files": True},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_our_message_id_is_no_proof_of_other_content(
    destination: TownCenter,
    place: tuple[LittleHub, SimulatorProcess],
    number: str,
    changes: dict[str, Any],
) -> None:
    """What the town holds under our id is compared: fields, version and hashes of the files."""
    payload = transfer(number)
    destination.send(destination.prepare(message_of(payload, id="said-once"), payload))
    scans = [place[0].put(b"a paper that never came")] if changes.pop("files", False) else []
    other = transfer(number, **changes)
    request = destination.prepare(message_of(other, *scans, id="said-once"), other)
    assert isinstance(destination.find(request), Unclear)
    with pytest.raises(AmbiguousFailure, match="differs in"):
        destination.send(request)


def test_a_file_that_the_town_could_not_verify_is_told(
    destination: TownCenter, place: tuple[LittleHub, SimulatorProcess], number: str
) -> None:
    """It pulled something else than was named; the effect is there, the file is named."""
    good, bad = place[0].put(b"a good scan"), place[0].put(b"a scan")
    place[0].sink.files[bad.sha256] = b"a torn scan"
    payload = transfer(number)
    request = destination.prepare(message_of(payload, good, bad), payload)
    destination.send(request)
    end, tick = time.monotonic() + 20, threading.Event()
    while not (found := destination.find(request)).unverified:  # type: ignore[union-attr]
        tick.wait(0.02)
        assert time.monotonic() < end, found
    assert isinstance(found, Receipt)
    assert found.unverified == (bad.sha256,)


@pytest.mark.parametrize(
    "payload_of",
    [
        lambda number: TownSupplement(
            number=number,
            version=2,
            supplied_at=datetime(2018, 8, 1, 9, tzinfo=HUE),
            due_at=datetime(2018, 9, 10, 17, tzinfo=HUE),
        ),
        lambda number: TownResultReturned(
            number=number, version=2, returned_at=datetime(2018, 8, 1, 9, tzinfo=HUE)
        ),
    ],
    ids=["supplement", "result_returned"],
)
def test_what_comes_before_its_transfer_is_refused_and_shown(
    destination: TownCenter, town: SimulatorProcess, number: str, payload_of: Any
) -> None:
    """The town has no such dossier: certainly no effect, and its ledger shows the disorder."""
    before = town.ledger()["out_of_order"]
    request = request_for(destination, payload_of(number))
    with pytest.raises(PermanentFailure) as caught:
        destination.send(request)
    assert caught.value.code == "partner_refused"
    assert destination.find(request) == Absent()
    assert effects(town, number) == ["misplaced"]
    assert town.ledger()["out_of_order"] == before + 1


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (Fault(kind=K.OTHER_DOSSIER), TransientFailure),
        (Fault(kind=K.HTML), TransientFailure),
        (Fault(kind=K.TRUNCATED), TransientFailure),
        (Fault(kind=K.DROP_AFTER_ACCEPT), TransientFailure),
        (Fault(kind=K.SERVER_ERROR, status=502), TransientFailure),
        (Fault(kind=K.SERVER_ERROR, status=404), TransientFailure),
        (Fault(kind=K.SOAP_FAULT), TransientFailure),
        (Fault(kind=K.BUSY, seconds=3), TransientFailure),
        (Fault(kind=K.WRONG_ENCODING), TransientFailure),
        (Fault(kind=K.HUGE), TransientFailure),
        (Fault(kind=K.REDIRECT), TransientFailure),
        (Fault(kind=K.DEEP), TransientFailure),
        (Fault(kind=K.ENTITIES), TransientFailure),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else "",
)
def test_a_garbled_answer_to_a_question_proves_nothing(
    destination: TownCenter, town: SimulatorProcess, number: str, fault: Fault, answer: Any
) -> None:
    """Asking has no effect: at worst it is asked again, never "absent", never ambiguous."""
    request = request_for(destination, transfer(number))
    destination.send(request)
    town.set_faults([only(fault, "TraCuuHoSo")])
    with pytest.raises(answer):
        destination.find(request)


def test_ping_says_whether_the_town_takes_calls(
    destination: TownCenter, town: SimulatorProcess
) -> None:
    """An operator's check before go-live."""
    destination.ping()
    town.set_faults([Fault(kind=K.DOWN)])
    with pytest.raises(TransientFailure):
        destination.ping()
