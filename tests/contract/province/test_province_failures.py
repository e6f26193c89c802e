"""Calls to the province that fail: certainly without effect, or with an unknown one."""

from datetime import timedelta

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.ports import Absent, Receipt
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
    TransientFailure,
)
from tests.support.partners.province import (
    RECEIVED,
    dossier,
    effects,
    request_for,
    settings_for,
    step,
)

K = FaultKind

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
    assert isinstance(found, Receipt) if done else found == Absent()


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
