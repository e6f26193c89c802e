"""The town as a destination, against its simulator as a process of its own over real HTTP."""

import itertools
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from adapters.simulation.process import SimulatorProcess
from adapters.town_center.destination import TownCenter
from hub.messages.payloads import TownResultReturned, TownSupplement
from hub.ports import Absent, Doubt, Receipt, Request, Unclear
from hub.rules.failures.errors import (
    AmbiguousFailure,
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
