"""The tests' own small partner passes the contract: what is tried on it holds for the others."""

from datetime import timedelta

import pytest

from adapters.simulation.faults import Fault, FaultKind
from hub.messages.envelope import Message
from hub.ports import Destination
from hub.rules.failures.errors import TransientFailure
from tests.contract.destinations.destination_contract import DestinationContract, Features
from tests.support.partners.partner import DOWN, DROPS_AFTER, REFUSES, Partner
from tests.support.partners.province import SCAN, dossier, message_of

ACCEPTS = frozenset({"province.dossier", "province.progress"})


class InProcess:
    """A partner of this process; its faults are a script."""

    personal = ("Người Thử", "000000000001")
    first_call, look_up, login = "step", "look_up", ""

    def __init__(self, *, findable: bool = True, idempotent: bool = False) -> None:
        self.inner = Partner(findable=findable, idempotent=idempotent)

    def destination(self, **_: timedelta) -> Destination:
        return self.inner

    def message(self, number: str, *, other: bool = False, files: bool = False) -> Message:
        return message_of(dossier(number, version=2 if other else 1), [SCAN] if files else [])

    def begin(self, destination: Destination, number: str) -> None:
        """Nothing has to be there before."""

    def effects(self, number: str) -> int:
        return sum(it == number for it, _ in self.inner.ledger)

    def set_faults(self, *faults: Fault) -> None:
        for fault in faults:
            if fault.operations == (self.look_up,):
                self.inner.refuses_queries(1)
                continue
            wish = timedelta(seconds=fault.seconds)
            busy = TransientFailure("partner_busy", retry_after=wish)
            failures = {
                FaultKind.DOWN: DOWN,
                FaultKind.BUSY: busy,
                FaultKind.REFUSES: REFUSES,
                FaultKind.DROP_AFTER_ACCEPT: DROPS_AFTER,
            }
            self.inner.goes_wrong(failures[fault.kind])

    def clear_faults(self) -> None:
        """Each is for one call."""


class SmallContract(DestinationContract):
    """The contract for the small partner."""

    @pytest.fixture
    def partner(self) -> InProcess:
        return InProcess(findable=self.features.findable, idempotent=self.features.idempotent)


NONE = Features(accepts=ACCEPTS, tells_existing=False, files=False, sessions=False)


class TestSmallPartner(SmallContract):
    features = NONE


class TestIdempotentPartner(SmallContract):
    features = Features(
        accepts=ACCEPTS, idempotent=True, tells_existing=False, files=False, sessions=False
    )


class TestPartnerThatCannotBeAsked(SmallContract):
    features = Features(
        accepts=ACCEPTS,
        findable=False,
        lags=False,
        tells_existing=False,
        files=False,
        sessions=False,
    )
