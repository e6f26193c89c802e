"""The province passes the contract of a destination: both operations, over SOAP and over REST."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.provincial.protocol.protocol import Operation
from adapters.simulation.faults import Fault
from adapters.simulation.process import SimulatorProcess
from hub.messages.envelope import Message
from hub.ports import Destination
from tests.contract.destinations.destination_contract import Features, request_for
from tests.contract.destinations.line_contract import LineContract
from tests.support.partners.province import (
    RECEIVED,
    SCAN,
    dossier,
    message_of,
    settings_for,
    step,
)

ACCEPTS = frozenset({"province.dossier", "province.progress"})


class Registering:
    """Registration of dossiers at a simulated province."""

    personal = ("Người Thử", "000000000001", "0000000001", "Cán bộ Thử")
    first_call, look_up, login = Operation.REGISTER, Operation.LOOK_UP, Operation.LOGIN
    effect = "dossier"

    def __init__(self, province: SimulatorProcess, mode: str) -> None:
        self.province, self.mode = province, mode

    def destination(self, *, reply_timeout: timedelta = timedelta(seconds=20)) -> Destination:
        changes = {"mode": self.mode, "reply_timeout": reply_timeout}
        return ProvincialDestination(settings_for(self.province.url, **changes))

    def message(self, number: str, *, other: bool = False, files: bool = False) -> Message:
        changes = {"summary": "Nội dung khác"} if other else {}
        return message_of(dossier(number, **changes), [SCAN] if files else [])

    def begin(self, destination: Destination, number: str) -> None:
        """A registration is the first thing said of a dossier."""

    def effects(self, number: str) -> int:
        rows = self.province.effects(dossier=number)
        return sum(row["kind"] == self.effect for row in rows)

    def set_faults(self, *faults: Fault) -> None:
        self.province.set_faults(faults)

    def clear_faults(self) -> None:
        self.province.clear_faults()


class AddingSteps(Registering):
    """Steps of dossiers that the province has."""

    first_call, effect = Operation.ADD_STEPS, "event"

    def message(self, number: str, *, other: bool = False, files: bool = False) -> Message:
        changes = {"at": RECEIVED + timedelta(hours=2)} if other else {}
        return message_of(step(number, **changes), [SCAN] if files else [])

    def begin(self, destination: Destination, number: str) -> None:
        destination.send(request_for(destination, super().message(number)))


class ProvinceContract(LineContract):
    """The contract for one operation in one of the province's two forms."""

    operation: type[Registering] = Registering
    mode = "soap"

    @pytest.fixture
    def partner(self, province: SimulatorProcess) -> Iterator[Registering]:
        partner = self.operation(province, self.mode)
        yield partner
        partner.clear_faults()


class TestRegistrationOverSoap(ProvinceContract):
    features = Features(accepts=ACCEPTS)


class TestRegistrationOverRest(ProvinceContract):
    features = Features(accepts=ACCEPTS)
    mode = "rest"


class TestStepOverSoap(ProvinceContract):
    """A step sent twice is there twice: the province compares none."""

    features = Features(accepts=ACCEPTS, tells_existing=False, files=False)
    operation = AddingSteps


class TestStepOverRest(ProvinceContract):
    features = Features(accepts=ACCEPTS, tells_existing=False, files=False)
    operation, mode = AddingSteps, "rest"
