"""The session at the province: lost, renewed, shared, refused."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.ports import Receipt
from hub.rules.failures.errors import (
    NotAttempted,
    TransientFailure,
)
from tests.support.partners.province import (
    dossier,
    effects,
    request_for,
    settings_for,
)

K = FaultKind


def logins(province: SimulatorProcess) -> int:
    """Return how many logins the fault counter saw (an expiry is drawn for logins only)."""
    return int(province.ledger()["faults"].get(K.SLOW, 0))


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


def test_wrong_credentials_need_a_person(
    province: SimulatorProcess, mode: str, number: str
) -> None:
    """Nothing was sent, and no delivery uses up its attempts before somebody fixes it."""
    stranger = ProvincialDestination(settings_for(province.url, mode=mode, password="wrong"))
    with pytest.raises(NotAttempted, match="partner_login"):
        stranger.ping()
    with pytest.raises(NotAttempted, match="partner_login"):
        stranger.send(request_for(stranger, dossier(number)))
    stranger.close()
    assert effects(province, number) == []


def test_a_login_that_takes_too_long_is_certainly_without_effect(
    province: SimulatorProcess, mode: str, number: str
) -> None:
    """No dossier is in doubt because a session did not come in time."""
    hasty = ProvincialDestination(
        settings_for(province.url, mode=mode, reply_timeout=timedelta(seconds=1))
    )
    province.set_faults([Fault(kind=K.LATE, operations=("DangNhap",), remaining=1, seconds=4)])
    with pytest.raises(TransientFailure, match="partner_login"):
        hasty.send(request_for(hasty, dossier(number)))
    hasty.close()
    assert effects(province, number) == []
