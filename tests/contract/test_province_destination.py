"""The province as a destination, over SOAP and over REST, against its simulator over real HTTP."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.messages.payloads import Applicant, Status, SurveySubmitted
from hub.ports import Absence, Receipt, Request
from hub.rules.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    Held,
    PermanentFailure,
    TransientFailure,
)
from tests.support.province import (
    RECEIVED,
    SCAN,
    dossier,
    message_of,
    settings_for,
    start_province,
    step,
)

K = FaultKind
MODES = ("soap", "rest")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with start_province(tmp_path_factory.mktemp("province")) as found:
        yield found


@pytest.fixture
def province(shared: SimulatorProcess) -> Iterator[SimulatorProcess]:
    yield shared
    shared.clear_faults()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def destination(province: SimulatorProcess, mode: str) -> Iterator[ProvincialDestination]:
    found = ProvincialDestination(settings_for(province.url, mode=mode))
    yield found
    found.close()


@pytest.fixture
def number() -> str:
    return f"000.99.01.H57-180724-{next(_numbers):05d}"


def request_for(destination: ProvincialDestination, payload: Any) -> Request:
    return destination.prepare(message_of(payload, [SCAN]), payload)


def effects(province: SimulatorProcess, number: str) -> list[str]:
    """Return the kinds of what the province did for a dossier, in order."""
    return [row["kind"] for row in province.effects(dossier=number)]


def logins(province: SimulatorProcess) -> int:
    """Return how many logins the fault counter saw (an expiry is drawn for logins only)."""
    return int(province.ledger()["faults"].get(K.SLOW, 0))


# --- what works -----------------------------------------------------------------------------------


def test_a_dossier_is_registered_and_found(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """Absent before, there afterwards, once in the province's ledger, with its reference."""
    request = request_for(destination, dossier(number))
    assert destination.find(request) is Absence.ABSENT
    receipt = destination.send(request)
    assert receipt.reference == f"TTH-{number}"
    assert (receipt.already, len(receipt.response_hash)) == (False, 64)
    found = destination.find(request)
    assert isinstance(found, Receipt)
    assert found.already
    assert effects(province, number) == ["dossier"]


def test_a_step_is_added_and_found_by_status_and_moment(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """Only the step that was sent is found: not one at another time, nor of another status."""
    destination.send(request_for(destination, dossier(number)))
    request = request_for(destination, step(number))
    assert destination.find(request) is Absence.ABSENT
    assert destination.send(request).reference == f"TTH-{number}-1"
    assert isinstance(destination.find(request), Receipt)
    later = step(number, at=RECEIVED + timedelta(hours=2))
    other = step(number, status=Status.SUPPLEMENT_REQUESTED)
    for absent in (later, other):
        assert destination.find(request_for(destination, absent)) is Absence.ABSENT
    assert effects(province, number) == ["dossier", "event"]


def test_an_update_replaces_the_record_and_is_found_only_when_applied(
    destination: ProvincialDestination, number: str
) -> None:
    """Before it is sent the update is absent, although the dossier is there."""
    destination.send(request_for(destination, dossier(number)))
    done = dossier(number, update=True, status=Status.FINISHED, finished_at=RECEIVED)
    update = request_for(destination, done)
    assert destination.find(update) is Absence.ABSENT
    destination.send(update)
    assert isinstance(destination.find(update), Receipt)


def test_a_registration_is_found_after_later_updates(
    destination: ProvincialDestination, number: str
) -> None:
    """A record that is further along contains the registration."""
    first = request_for(destination, dossier(number))
    destination.send(first)
    done = dossier(number, update=True, status=Status.RETURNED, returned_at=RECEIVED)
    destination.send(request_for(destination, done))
    assert isinstance(destination.find(first), Receipt)
    assert destination.send(first).already


def test_registering_again_is_success_with_a_mark(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """ "đã tồn tại" with the same content: a receipt, and no second effect."""
    request = request_for(destination, dossier(number))
    destination.send(request)
    assert destination.send(request).already
    assert effects(province, number) == ["dossier"]


DIFFERENT: list[dict[str, Any]] = [
    {"applicant": Applicant(name="Người Khác", identity_number="000000000002")},
    {"procedure": "1.000894"},
    {"received_at": RECEIVED + timedelta(days=7)},
    {"summary": "Nội dung khác"},
    {"status": Status.REGISTERED},
]


@pytest.mark.parametrize("changes", DIFFERENT)
def test_a_number_taken_by_something_else_is_a_conflict(
    destination: ProvincialDestination, number: str, changes: dict[str, Any]
) -> None:
    """ "đã tồn tại" with other content is never taken for success; asking cannot settle it."""
    destination.send(request_for(destination, dossier(number, **changes)))
    mine = request_for(destination, dossier(number))
    assert destination.find(mine) is Absence.UNKNOWN
    with pytest.raises(PermanentFailure, match="partner_conflict"):
        destination.send(mine)


def test_what_was_not_asked_for_is_refused_for_good(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """An unknown procedure, a step or an update of an unknown dossier: parked, nothing done."""
    for payload in (
        dossier(number, procedure="9.000001"),
        dossier(number, update=True),
        step(number),
    ):
        with pytest.raises(PermanentFailure, match="partner_refused"):
            destination.send(request_for(destination, payload))
    assert effects(province, number) == []


def test_what_another_partner_is_told_is_not_for_the_province(
    destination: ProvincialDestination,
) -> None:
    """A payload without an operation is parked before anything is sent."""
    slip = SurveySubmitted(slip="P1", scores={"a": 2}, submitted_at=RECEIVED)
    with pytest.raises(PermanentFailure, match="mapping_missing"):
        destination.prepare(message_of(slip), slip)


def test_the_digest_is_of_the_content_without_the_session(
    destination: ProvincialDestination, number: str
) -> None:
    """The same content has the same digest whatever the session; other content has another."""
    request = request_for(destination, dossier(number))
    destination.send(request)
    assert request_for(destination, dossier(number)).digest == request.digest
    assert request_for(destination, dossier(number, summary="khác")).digest != request.digest


# --- what fails without effect --------------------------------------------------------------------

WITHOUT_EFFECT = [
    (Fault(kind=K.BUSY, seconds=7), TransientFailure, "partner_busy"),
    (Fault(kind=K.REFUSES), PermanentFailure, "partner_refused"),
    (Fault(kind=K.DOWN), TransientFailure, "partner_unreachable"),
]


@pytest.mark.parametrize(("fault", "kind", "code"), WITHOUT_EFFECT)
def test_a_failure_that_is_certain_has_no_effect(
    destination: ProvincialDestination,
    province: SimulatorProcess,
    number: str,
    fault: Fault,
    kind: type[DeliveryFailure],
    code: str,
) -> None:
    """The class says "no effect", and the ledger agrees; afterwards it works."""
    destination.ping()
    request = request_for(destination, dossier(number))
    province.set_faults([fault])
    with pytest.raises(DeliveryFailure) as raised:
        destination.send(request)
    assert (type(raised.value), raised.value.code) == (kind, code)
    if fault.seconds:
        assert raised.value.retry_after == timedelta(seconds=fault.seconds)
    province.clear_faults()
    assert effects(province, number) == []
    assert not destination.send(request).already


# --- what fails with an unknown effect ------------------------------------------------------------

UNKNOWN = [
    (K.SOAP_FAULT, "reply_server_error", False),
    (K.DROP_AFTER_ACCEPT, "reply_dropped", True),
    (K.SERVER_ERROR, "reply_server_error", True),
    (K.HTML, "reply_unreadable", True),
    (K.TRUNCATED, "reply_unreadable", True),
    (K.WRONG_ENCODING, "reply_unreadable", True),
    (K.OTHER_DOSSIER, "reply_unreadable", True),
    (K.HUGE, "reply_unreadable", True),
    (K.REDIRECT, "reply_unreadable", True),
    (K.DEEP, "reply_unreadable", True),
    (K.ENTITIES, "reply_unreadable", True),
]


@pytest.mark.parametrize("operation", ["DongBoHoSoMC", "CapNhatTienDoHoSoMC"])
@pytest.mark.parametrize(("kind", "code", "done"), UNKNOWN)
def test_an_unknown_effect_is_settled_by_asking(
    destination: ProvincialDestination,
    province: SimulatorProcess,
    number: str,
    operation: str,
    kind: FaultKind,
    code: str,
    done: bool,
) -> None:
    """A reply that is none is never success and never "no effect"; `find` tells the truth."""
    request = request_for(destination, dossier(number))
    if operation != request.operation:
        destination.send(request)
        request = request_for(destination, step(number))
    province.set_faults([Fault(kind=kind, operations=(operation,), remaining=1)])
    with pytest.raises(AmbiguousFailure) as raised:
        destination.send(request)
    assert raised.value.code == code
    assert "Thử" not in raised.value.detail
    assert province.faults() == []
    found = destination.find(request)
    assert isinstance(found, Receipt) if done else found is Absence.ABSENT


def test_a_late_reply_is_a_timeout_with_effect(
    province: SimulatorProcess, mode: str, number: str
) -> None:
    """We gave up waiting, the province did it: asking proves it."""
    hasty = ProvincialDestination(
        settings_for(province.url, mode=mode, reply_timeout=timedelta(seconds=1))
    )
    request = request_for(hasty, dossier(number))
    hasty.ping()
    province.set_faults([Fault(kind=K.LATE, seconds=3600, remaining=1)])
    with pytest.raises(AmbiguousFailure, match="reply_timeout"):
        hasty.send(request)
    hasty.close()
    patient = ProvincialDestination(settings_for(province.url, mode=mode))
    assert isinstance(patient.find(request), Receipt)
    patient.close()


def test_a_reply_sent_twice_answers_one_call(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """The second copy of a reply is not taken for the reply to the next step."""
    destination.send(request_for(destination, dossier(number)))
    for hour in range(1, 6):
        province.set_faults([Fault(kind=K.TWICE, remaining=1)])
        request = request_for(destination, step(number, at=RECEIVED + timedelta(hours=hour)))
        assert destination.send(request).reference == f"TTH-{number}-{hour}"
    assert effects(province, number) == ["dossier"] + ["event"] * 5


NONSENSE = [kind for kind, _, done in UNKNOWN if done]


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_look_up_that_fails_proves_nothing(
    destination: ProvincialDestination, province: SimulatorProcess, number: str, kind: FaultKind
) -> None:
    """Neither presence nor absence is concluded from nonsense: ask again later."""
    request = request_for(destination, dossier(number))
    destination.send(request)
    province.set_faults([Fault(kind=kind, operations=("TraCuuHoSo",), remaining=1)])
    with pytest.raises(TransientFailure):
        destination.find(request)
    assert isinstance(destination.find(request), Receipt)


def test_a_conflict_is_not_concluded_from_a_failed_look_up(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """ "đã tồn tại" but the comparison could not be made: certainly no effect, try again."""
    request = request_for(destination, dossier(number))
    destination.send(request)
    fault = Fault(kind=K.DROP_AFTER_ACCEPT, operations=("TraCuuHoSo",), remaining=1)
    province.set_faults([fault])
    with pytest.raises(TransientFailure):
        destination.send(request)
    assert destination.send(request).already


# --- the session ----------------------------------------------------------------------------------


def test_an_expired_session_is_renewed_once_and_the_call_made_again(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """The caller does not notice, and the effect happens once."""
    destination.send(request_for(destination, dossier(number)))
    fault = Fault(kind=K.EXPIRED_TOKEN, operations=("CapNhatTienDoHoSoMC",), remaining=1)
    province.set_faults([fault])
    assert not destination.send(request_for(destination, step(number))).already
    assert effects(province, number) == ["dossier", "event"]


def test_a_session_that_never_holds_is_no_effect(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """Each new session is over at once: transient after one renewal, not a loop."""
    request = request_for(destination, dossier(number))
    province.set_faults([Fault(kind=K.EXPIRED_TOKEN, operations=("DongBoHoSoMC",), remaining=9)])
    with pytest.raises(TransientFailure, match="partner_login"):
        destination.send(request)
    assert [fault.remaining for fault in province.faults()] == [7]
    assert effects(province, number) == []


def test_threads_that_lose_their_session_share_one_login(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """Eight calls at once without a session make one login."""
    # A login that takes no time but is counted.
    province.set_faults([Fault(kind=K.SLOW, operations=("DangNhap",))])
    before = logins(province)
    together = threading.Barrier(8)

    def send(index: int) -> Receipt:
        request = request_for(destination, dossier(f"{number}{index}"))
        together.wait(10)
        return destination.send(request)

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(send, range(8)))
    assert [receipt.already for receipt in receipts] == [False] * 8
    assert logins(province) == before + 1


LOGIN_FAILURES = {K.SOAP_FAULT, K.REFUSES, K.LATE, *NONSENSE} - {K.OTHER_DOSSIER}
"""A login speaks of no dossier, so it cannot speak of another one."""


def test_wrong_credentials_need_a_person(
    province: SimulatorProcess, mode: str, number: str
) -> None:
    """Nothing was sent, and no delivery uses up its attempts before somebody mends it."""
    stranger = ProvincialDestination(settings_for(province.url, mode=mode, password="wrong"))
    with pytest.raises(Held, match="partner_login"):
        stranger.ping()
    with pytest.raises(Held, match="partner_login"):
        stranger.send(request_for(stranger, dossier(number)))
    stranger.close()
    assert effects(province, number) == []


@pytest.mark.parametrize("kind", sorted(LOGIN_FAILURES))
def test_a_login_that_fails_is_certainly_without_effect(
    province: SimulatorProcess, mode: str, number: str, kind: FaultKind
) -> None:
    """Whatever comes in place of a session, no dossier is in doubt or parked because of it."""
    hasty = ProvincialDestination(
        settings_for(province.url, mode=mode, reply_timeout=timedelta(seconds=1))
    )
    fault = Fault(kind=kind, operations=("DangNhap",), remaining=1, seconds=3600)
    province.set_faults([fault])
    with pytest.raises(TransientFailure, match="partner_login"):
        hasty.send(request_for(hasty, dossier(number)))
    hasty.close()
    assert effects(province, number) == []


def test_a_province_that_is_restarted_still_knows_its_dossiers(
    tmp_path_factory: pytest.TempPathFactory, mode: str, number: str
) -> None:
    """Its memory is its ledger: after a restart, records and steps are found and compared."""
    place = tmp_path_factory.mktemp("restart")
    for again in (False, True):
        with start_province(place) as process:
            destination = ProvincialDestination(settings_for(process.url, mode=mode))
            requests = [request_for(destination, dossier(number))]
            requests.append(request_for(destination, step(number)))
            found = [isinstance(destination.find(request), Receipt) for request in requests]
            if not again:
                for request in requests:
                    destination.send(request)
            destination.close()
        assert found == [again, again]


def test_the_same_update_twice_is_a_duplicate_in_the_ledger(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """The ledger sees a repeated update and a repeated step, and no repetition in a new state."""
    before = province.ledger()["duplicates"]
    first = dossier(number)
    finished = structs.replace(first, update=True, status=Status.FINISHED)
    for payload in (first, finished, structs.replace(first, update=True), step(number)):
        destination.send(request_for(destination, payload))
    assert province.ledger()["duplicates"] == before
    destination.send(request_for(destination, step(number)))
    destination.send(request_for(destination, structs.replace(first, update=True)))
    assert province.ledger()["duplicates"] == before + 2
