"""The town's callbacks: what the hub believes, stores and answers, over real HTTP."""

import hashlib
import itertools
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.simulation.faults import CALLBACKS, Fault, FaultKind
from adapters.town_center.callbacks.signature import sign
from adapters.town_center.callbacks.source import TownCallbacks
from adapters.town_center.destination import TownCenter
from hub.messages.payloads import TownResultReturned, TownStep, TownSupplement
from hub.ports import Drift, Receipt
from tests.support.partners.town import (
    CALLBACK_SECRET,
    HUE,
    PATIENCE,
    LittleHub,
    message_of,
    running_town,
    settings_for,
    start_town,
    transfer,
)
from tests.support.partners.town_talk import Place, finish, hand_over, receive, report

K = FaultKind
_numbers = itertools.count(1)


def test_a_dossier_is_worked_to_its_end_with_its_result(place: Place) -> None:
    """Accepted first, moved on, ended; times rise within working days; the file is really here."""
    number = "000.99.05.H57-180724-0002"
    hand_over(place, number, b"a scanned page", b"another")
    hub, town = place
    finish(hub, number)
    steps = hub.sink.steps(number)
    kinds = [step.step for step in steps]
    assert kinds[0] is TownStep.ACCEPTED
    assert set(kinds[1:-1]) == {TownStep.MOVED_ON}
    assert [step.sequence for step in steps] == list(range(1, len(steps) + 1))
    times = [step.at for step in steps]
    assert times == sorted(set(times))
    assert transfer(number).transferred_at < times[0]
    assert times[-1] < transfer(number).due_at
    assert all(time.weekday() < 5 and 7 <= time.hour <= 17 for time in times)
    assert {str(time.tzinfo) for time in times} == {"UTC+07:00"}
    (ended,) = [m for m in hub.sink.messages.values() if m.key == number and m.attachments]
    file = ended.attachments[0]
    assert hub.sink.files[file.sha256].startswith(b"%PDF")
    assert len(hub.sink.files[file.sha256]) == file.size
    files = [note["key"] for note in town.notes(dossier=number) if note["kind"] == "file"]
    assert sorted(files) == sorted(
        f"file:{hashlib.sha256(content).hexdigest()}" for content in (b"a scanned page", b"another")
    )


def test_the_same_callback_again_is_acknowledged_and_stored_once(place: Place) -> None:
    """The town repeats until it hears Result 1; a repeat hears it too."""
    body = report("000.99.06.H57-180724-0007")
    first, again = receive(place, body), receive(place, body)
    assert (first[0], first[1]["Result"]) == (200, 1)
    assert (again[0], again[1]["Result"]) == (200, 1)
    assert first[1]["Message"] != again[1]["Message"]
    assert len(place[0].sink.steps("000.99.06.H57-180724-0007")) == 1


def test_a_callback_without_the_towns_signature_stores_nothing(place: Place) -> None:
    """Anybody in the network can post; only the town can sign."""
    body = report("000.99.06.H57-180724-0008")
    hub, town = place
    callbacks = TownCallbacks(settings_for(town.url, hub.url))
    for headers in ({}, sign(body, "guessed", at=datetime.now(UTC))):
        answer = callbacks.receive(body, headers, hub.sink)
        assert (answer.status, answer.reply["Result"], answer.authentic) == (401, 0, False)
        assert "chữ ký" in answer.reply["Message"].casefold()
    callbacks.close()
    assert hub.sink.steps("000.99.06.H57-180724-0008") == []


@pytest.mark.parametrize(("old", "status"), [(timedelta(hours=7), 200), (timedelta(days=31), 400)])
def test_a_callback_that_waited_long_is_taken_as_new_or_told_as_old(
    place: Place, old: timedelta, status: int
) -> None:
    """The town repeats it as it was signed first; a step is known by its id, not by its hour."""
    number = f"000.99.06.H57-180724-{next(_numbers) + 100:04d}"
    body, (hub, town) = report(number), place
    headers = sign(body, CALLBACK_SECRET, at=datetime.now(UTC) - old)
    callbacks = TownCallbacks(settings_for(town.url, hub.url))
    first, again = (callbacks.receive(body, headers, hub.sink) for _ in range(2))
    callbacks.close()
    assert (first.status, again.status) == (status, status)
    assert first.authentic
    assert first.subject == f"{number} 1"
    assert len(hub.sink.steps(number)) == (1 if status == 200 else 0)
    assert status == 200 or first.cause.startswith("old, not wrong")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"buoc": "khong-ro"}, "$.buoc"),
        ({"thuTu": 0}, "$.thuTu"),
        ({"SoBienNhan": "12/34"}, "$.SoBienNhan"),
        ({"canBo": "x" * 251}, "$.canBo"),
        ({"thoiDiem": "24/07/2018"}, "$.thoiDiem"),
        ({"thoiDiem": "2018-07-24"}, "$.thoiDiem"),
        ({"thuTu": 1.5}, "$.thuTu"),
        ({"thuTu": True}, "$.thuTu"),
        ({"thoiDiem": "9999-12-31T23:59:59Z"}, "$.thoiDiem"),
    ],
)
def test_a_callback_that_breaks_the_contract_is_told_where(
    place: Place, changes: dict[str, Any], where: str
) -> None:
    """Plain words for the officer, the field for the operator."""
    before = place[0].sink.tellings
    status, reply = receive(place, report(**changes))
    assert (status, reply["Result"]) == (400, 0)
    assert reply["Message"] == "Nội dung thông điệp sai cấu trúc."
    assert where in reply["Cause"]
    assert place[0].sink.tellings == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"x":' + b"[" * 100_000, 400),
        (b" " * 300_000, 413),
    ],
    ids=["cut", "no text", "deep", "deep field", "huge"],
)
def test_broken_bodies_get_an_answer(place: Place, body: bytes, status: int) -> None:
    """A signed body is still not trusted to be well formed."""
    found, reply = receive(place, body)
    assert (found, reply["Result"]) == (status, 0)


def test_doubled_and_reordered_callbacks_arrive_as_the_same_steps(tmp_path: Path) -> None:
    """However the town tells it, each step is stored once, and every one is there."""
    with running_town(tmp_path, "--supplement-share", "0") as place:
        hub, town = place
        town.set_faults(
            [
                Fault(kind=K.CALLBACKS_DOUBLED, operations=(CALLBACKS,), probability=0.5),
                Fault(kind=K.CALLBACKS_REORDERED, operations=(CALLBACKS,), probability=0.5),
            ]
        )
        numbers = [f"000.99.09.H57-180724-{index:04d}" for index in range(1, 13)]
        for number in numbers:
            hand_over(place, number)
        for number in numbers:
            finish(hub, number)
        arrived = [(m.key, m.payload) for m in hub.sink.messages.values()]
        counts = town.ledger()
        assert counts["faults"]["callbacks_doubled"] > 0
        assert counts["faults"]["callbacks_reordered"] > 0
        assert hub.sink.tellings > len(arrived)
        orders = {
            n: [msgspec.json.decode(p)["thuTu"] for k, p in arrived if k == n] for n in numbers
        }
        assert any(order != sorted(order) for order in orders.values())
        assert (counts["dossiers"], counts["duplicates"], counts["out_of_order"]) == (12, 0, 0)


def test_a_supplement_is_asked_for_given_and_worked(tmp_path: Path) -> None:
    """The whole conversation; then the ledger holds two events, a repeat is shown as duplicate."""
    number = "000.99.10.H57-180724-0001"
    with running_town(tmp_path, "--supplement-share", "1") as place:
        hub, town = place
        hand_over(place, number)
        hub.wait_for(lambda: len(hub.sink.steps(number)) == 3)
        awaiting = hub.sink.steps(number)[-1]
        assert awaiting.step is TownStep.AWAITING_SUPPLEMENT
        destination = TownCenter(settings_for(town.url, hub.url))
        given = TownSupplement(
            number=number,
            version=2,
            supplied_at=awaiting.at + timedelta(days=1),
            due_at=datetime(2018, 9, 12, 17, tzinfo=HUE),
        )
        request = destination.prepare(message_of(given, hub.put(b"the missing page")), given)
        assert destination.send(request).already is False
        assert isinstance(destination.find(request), Receipt)
        finish(hub, number)
        steps = [step.step for step in hub.sink.steps(number)]
        assert steps[3] is TownStep.SUPPLEMENTED
        assert hub.sink.steps(number)[3].at > given.supplied_at
        back = TownResultReturned(number=number, version=3, returned_at=given.due_at)
        returned = destination.prepare(message_of(back), back)
        destination.send(returned)
        assert isinstance(destination.find(returned), Receipt)
        counts = town.ledger()
        assert (counts["events"], counts["duplicates"], counts["out_of_order"]) == (2, 0, 0)
        # What blind repetition would do: the town does not drop it by our message id.
        destination.send(returned)
        assert town.ledger()["duplicates"] == 1
        destination.close()


def test_a_killed_town_goes_on_where_it_was(tmp_path: Path) -> None:
    """Its ledger is all that it needs: what was not acknowledged is told, nothing is done twice."""
    hub = LittleHub()
    number = "000.99.11.H57-180724-0001"
    try:
        town = start_town(tmp_path, hub.url, "--supplement-share", "0")
        # The hub does not answer callbacks yet (it has none): the town tells and tells.
        told = threading.Event()
        hub.before = told.set
        hand_over((hub, town), number)
        assert told.wait(PATIENCE)
        town.process.kill()
        town.stop()
        port = town.url.rpartition(":")[2]
        again = start_town(tmp_path, hub.url, "--supplement-share", "0", "--port", port)
        with again:
            hub.callbacks = TownCallbacks(settings_for(again.url, hub.url))
            finish(hub, number)
            destination = hand_over((hub, again), number)
            assert destination.name == "town_center"
            counts = again.ledger()
            assert (counts["dossiers"], counts["duplicates"]) == (1, 0)
    finally:
        hub.close()


def test_the_drift_of_a_callback_is_counted(place: Place) -> None:
    """A new field in a callback is news, as one in a reply; a forged callback is none."""
    (hub, town), drift = place, list[Drift]()
    callbacks = TownCallbacks(settings_for(town.url, hub.url), observe=drift.extend)
    body = report(f"000.99.06.H57-180724-{next(_numbers) + 500:04d}", capDo=2)
    with closing(callbacks):
        callbacks.receive(body, sign(body, "guessed", at=datetime.now(UTC)), hub.sink)
        assert drift == []
        callbacks.receive(body, sign(body, CALLBACK_SECRET, at=datetime.now(UTC)), hub.sink)
    found = [(it.partner, it.operation, it.kind.value, it.place) for it in drift]
    assert found == [("town_center", "stepReported", "unknown_field", "capDo")]
