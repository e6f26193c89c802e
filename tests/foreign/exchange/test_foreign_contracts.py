"""The contract that a foreign stack serves: read as it is served, and told when it changes."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.provincial.served_contract import contract_reader
from adapters.provincial.settings import ProvincialSettings
from hub.messages import catalog
from hub.ports import Fetched, FetchOutcome
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.replies import contracts, drift
from tests.foreign.exchange import exchange
from tests.foreign.exchange.drill import open_drill, plans
from tests.foreign.exchange.kinds import NODE_REST, NPM_SOAP, PHP
from tests.foreign.exchange.partner import ForeignPartner, Kind, running
from tests.support.gateway.one_wsdl import one_wsdl

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]

NEW = '<xs:element name="otp" type="t:Ma" minOccurs="0"/>'
LOGIN = '<xs:element name="password" type="t:Ten"/>'
STACKS = pytest.mark.parametrize("kind", [NPM_SOAP, PHP], ids=lambda kind: kind.name)


def served(partner: ForeignPartner) -> Fetched:
    """Return what a partner serves; npm `soap` listens before it has read its WSDL."""
    found: list[Fetched] = []

    def is_served() -> bool:
        found.append(fetched(partner))
        return found[-1].outcome is FetchOutcome.SERVED

    wait(is_served)
    return found[-1]


def fetched(partner: ForeignPartner) -> Fetched:
    """Fetch the contract of a partner once."""
    settings = ProvincialSettings(
        url=f"http://127.0.0.1:{partner.port}",
        username="x",
        password="x",
        agency="x",
        file_base_url="http://127.0.0.1:1/files",
        reply_timeout=timedelta(seconds=20),
    )
    reader = contract_reader(settings)
    assert reader is not None
    try:
        return reader.fetch(threading.Event())
    finally:
        reader.close()


@pytest.fixture
def wsdl(tmp_path: Path) -> Path:
    """Our WSDL in one file, which a test may change."""
    file = tmp_path / "one.wsdl"
    file.write_text(one_wsdl(), encoding="utf-8")
    return file


@STACKS
def test_a_stack_that_serves_no_schemas_is_told_as_that(kind: Kind, tmp_path: Path) -> None:
    """Both serve the WSDL and not the file that it imports: its fields are unknown, not gone."""
    with running(ForeignPartner(kind, tmp_path)) as partner:
        found = served(partner)
    assert found.contract is not None
    assert found.contract.missing == ("hosodientu.xsd",)


def test_a_service_that_serves_none_says_so(tmp_path: Path) -> None:
    """Plain node:http answers 404."""
    with running(ForeignPartner(NODE_REST, tmp_path)) as partner:
        found = fetched(partner)
    assert (found.outcome, found.why) == (FetchOutcome.NONE, "HTTP 404")


@pytest.mark.parametrize(
    "kind", [NPM_SOAP, pytest.param(PHP, marks=pytest.mark.long)], ids=["npm-soap", "php"]
)
def test_a_running_hub_tells_a_change_once_while_it_delivers(
    kind: Kind, tmp_path: Path, wsdl: Path
) -> None:
    """The day is a second here, and replies are lost and late: the exchange is not touched."""
    kind = replace(kind, settings={**kind.settings, "contract_every": "1"})
    with open_drill(kind, tmp_path, seed=5, wsdl=wsdl) as drill:
        drill.hand_in(plans(6, inter_level=False, seed=5), kills=[])
        wait(lambda: kept(drill.store).fetched_at is not None)
        assert kept(drill.store).differs == 0
        text = wsdl.read_text(encoding="utf-8")
        wsdl.write_text(text.replace(LOGIN, LOGIN + NEW), encoding="utf-8")
        drill.kill("partner")  # the stack reads its WSDL when it starts
        wait(lambda: bool(told(drill.store)))
        changed_at = datetime.now(UTC)
        wait(lambda: (kept(drill.store).fetched_at or changed_at) > changed_at)
        drill.settle()
        assert exchange.problems(drill) == []
        (detail,) = told(drill.store)
        assert "added DangNhap request/otp (string" in detail
        with drill.store.read() as tx:
            rows = [it.key for it in drift.of_partner(tx, catalog.PROVINCIAL)]
        assert [(it.operation, it.place) for it in rows if it.kind == "contract"] == [
            ("DangNhap", "+ request/otp")
        ]


def kept(store: Store) -> contracts.KeptContract:
    """Return what the hub knows of the contract."""
    with store.read() as tx:
        found = contracts.of_partner(tx, catalog.PROVINCIAL)
    return found or contracts.KeptContract(partner=catalog.PROVINCIAL, next_at=datetime.now(UTC))


def told(store: Store) -> list[str]:
    """Return the details of the open tasks about contracts."""
    with store.read() as tx:
        return [str(it.detail) for it in tasks.still_open(tx) if it.kind == "contract_changed"]


def wait(reached: Callable[[], bool]) -> None:
    """Return when it is so; fails after a while."""
    pause, end = threading.Event(), time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end
        pause.wait(0.05)
