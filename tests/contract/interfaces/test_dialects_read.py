"""Each habit of partners' software, and each dialect: the hub reads it and concludes the same.

Everything that has one reading is read: a registration, a step, the look-up of both, "đã tồn tại",
and a call under a session that has just ended.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.dialects.tables import DIALECTS, HABITS
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.town_center.destination import TownCenter
from hub.ports import Receipt, Request
from hub.rules.failures.errors import AmbiguousFailure
from tests.support.partners import province as at_province
from tests.support.partners import town as at_town
from tests.support.partners.town import LittleHub

NEVER_THROUGH = frozenset({"gateway_errors", "recycled"})
"""Named alone they are shown by every reply, and then no call comes through; they have tests of
their own."""
NAMES = [*(name for name in HABITS if name not in NEVER_THROUGH), *DIALECTS]
PAGES = frozenset({"session_page", "php", "old-iis"})
"""Where an ended session is 200 and a page: it does not say that nothing was done."""
GATEWAYS = frozenset({"gateway"})
"""Dialects whose gateway now and then answers by itself, with an unknown effect."""
_numbers = itertools.count(1)


def number() -> str:
    return f"000.99.01.H57-180724-{next(_numbers):05d}"


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LittleHub, SimulatorProcess]]:
    """Tells no steps: callbacks pull files under a login of their own, and `old-iis` allows one."""
    before_all = "2018-07-01T00:00:00+07:00"
    with at_town.running_town(tmp_path_factory.mktemp("town"), "--until", before_all) as found:
        yield found


def over(simulator: SimulatorProcess, operation: str) -> None:
    """End every session just before the next call of the operation."""
    fault = Fault(kind=FaultKind.EXPIRED_TOKEN, operations=(operation,), remaining=1)
    simulator.set_faults([fault])


def under_an_ended_session(send: Callable[[Request], Receipt], request: Request, name: str) -> None:
    """Send; a page for a login leaves the effect unknown, everything else is one new login."""
    if name not in PAGES:
        assert isinstance(send(request), Receipt)
        return
    with pytest.raises(AmbiguousFailure, match="login page"):
        send(request)


@pytest.mark.parametrize("mode", ["soap", "rest"])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in GATEWAYS])
def test_a_habit_of_the_province_is_read(province: SimulatorProcess, name: str, mode: str) -> None:
    """Both ways of talking; the ledger shows each effect once."""
    settings = at_province.settings_for(province.url, mode=mode)
    destination = ProvincialDestination(settings)
    province.speak(name, lag_seconds=0)
    at = number()
    later = at_province.RECEIVED + timedelta(hours=2)
    first = at_province.request_for(destination, at_province.dossier(at))
    step = at_province.request_for(destination, at_province.step(at))
    second = at_province.request_for(destination, at_province.step(at, at=later))
    assert not destination.send(first).already
    assert not destination.send(step).already
    assert isinstance(destination.find(first), Receipt)
    assert isinstance(destination.find(step), Receipt)
    assert destination.send(first).already
    over(province, "CapNhatTienDoHoSoMC")
    under_an_ended_session(destination.send, second, name)
    province.clear_faults()
    destination.close()
    kinds = at_province.effects(province, at)
    assert kinds == ["dossier", "event"] + ["event"] * (name not in PAGES)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in GATEWAYS])
def test_a_habit_of_the_town_is_read(town: tuple[LittleHub, SimulatorProcess], name: str) -> None:
    """Handed over, looked up, handed over again, and once more under an ended token."""
    hub, simulator = town
    destination = TownCenter(at_town.settings_for(simulator.url, hub.url))
    simulator.speak(name, lag_seconds=0)
    file = hub.put(b"scan")

    def request() -> Request:
        payload = at_town.transfer(number())
        return destination.prepare(at_town.message_of(payload, file), payload)

    first = request()
    assert not destination.send(first).already
    assert isinstance(destination.find(first), Receipt)
    assert destination.send(first).already
    over(simulator, "TiepNhanHoSo")
    under_an_ended_session(destination.send, request(), name)
    simulator.clear_faults()
    destination.close()
    assert simulator.ledger()["duplicates"] == 0
