"""The town passes the contract of a destination."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from adapters.simulation.faults import Fault
from adapters.simulation.process import SimulatorProcess
from adapters.town_center.destination import LOOK_UP, TownCenter
from hub.messages.envelope import Message
from hub.ports import Destination
from tests.contract.destinations.destination_contract import Features
from tests.contract.destinations.line_contract import LineContract
from tests.support.partners.town import (
    HUE,
    LittleHub,
    message_of,
    running_town,
    settings_for,
    transfer,
)

Place = tuple[LittleHub, SimulatorProcess]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running_town(tmp_path_factory.mktemp("town"), "--supplement-share", "0") as found:
        yield found


class Transferring:
    """Hand-over of dossiers to a simulated town."""

    personal = ("Người Thử", "000000000001", "Cán bộ địa chính")
    first_call, look_up, login = "TiepNhanHoSo", LOOK_UP, "token"

    def __init__(self, hub: LittleHub, town: SimulatorProcess) -> None:
        self.hub, self.town = hub, town

    def destination(self, *, reply_timeout: timedelta = timedelta(seconds=20)) -> Destination:
        return TownCenter(settings_for(self.town.url, self.hub.url, reply_timeout=reply_timeout))

    def message(self, number: str, *, other: bool = False, files: bool = False) -> Message:
        changes = {"due_at": datetime(2018, 10, 1, 17, tzinfo=HUE)} if other else {}
        scans = [self.hub.put(b"a scan")] if files else []
        return message_of(transfer(number, **changes), *scans)

    def begin(self, destination: Destination, number: str) -> None:
        """A hand-over is the first thing said of a dossier."""

    def effects(self, number: str) -> int:
        return sum(row["kind"] == "dossier" for row in self.town.effects(dossier=number))

    def set_faults(self, *faults: Fault) -> None:
        self.town.set_faults(faults)

    def clear_faults(self) -> None:
        self.town.clear_faults()


class TestTransfer(LineContract):
    features = Features(
        accepts=frozenset({"town.transfer", "town.supplement", "town.result_returned"})
    )

    @pytest.fixture
    def partner(self, place: Place) -> Iterator[Transferring]:
        partner = Transferring(*place)
        yield partner
        partner.clear_faults()
