"""The province as a destination, over SOAP and over REST, against its simulator over real HTTP."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from hub.messages.payloads import Applicant, Status
from hub.ports import Absent, Receipt, Unclear
from hub.rules.failures.errors import (
    PermanentFailure,
)
from tests.support.partners.province import (
    RECEIVED,
    dossier,
    effects,
    request_for,
    settings_for,
    start_province,
    step,
)


def test_a_step_is_added_and_found_by_status_and_moment(
    destination: ProvincialDestination, province: SimulatorProcess, number: str
) -> None:
    """Only the step that was sent is found: not one at another time, nor of another status."""
    destination.send(request_for(destination, dossier(number)))
    request = request_for(destination, step(number))
    assert destination.find(request) == Absent()
    assert destination.send(request).reference == f"TTH-{number}-1"
    assert isinstance(destination.find(request), Receipt)
    later = step(number, at=RECEIVED + timedelta(hours=2))
    other = step(number, status=Status.SUPPLEMENT_REQUESTED)
    for absent in (later, other):
        asked = replace(request_for(destination, absent), beside=(request,))
        assert destination.find(asked) == Absent()
    assert effects(province, number) == ["dossier", "event"]


def test_an_update_replaces_the_record_and_is_found_only_when_applied(
    destination: ProvincialDestination, number: str
) -> None:
    """Before it is sent the update is absent, although the dossier is there."""
    destination.send(request_for(destination, dossier(number)))
    done = dossier(number, update=True, status=Status.FINISHED, finished_at=RECEIVED)
    update = request_for(destination, done)
    assert destination.find(update) == Absent()
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
    found = destination.find(first)
    assert isinstance(found, Receipt)
    assert "TrangThaiHoSo" in found.differs
    assert "NgayTra" in found.alike
    assert destination.send(first).already


def test_an_update_of_a_reopened_dossier_is_not_found_in_its_finished_record(
    destination: ProvincialDestination, number: str
) -> None:
    """Its reply was lost: the end that is there may be the old one, so a person has to look."""
    destination.send(request_for(destination, dossier(number)))
    done = dossier(number, update=True, status=Status.FINISHED, finished_at=RECEIVED)
    destination.send(request_for(destination, done))
    asked = dossier(number, update=True, status=Status.SUPPLEMENT_REQUESTED)
    assert isinstance(destination.find(request_for(destination, asked)), Unclear)


def test_a_registration_is_found_when_the_dossier_is_finished(
    destination: ProvincialDestination, number: str
) -> None:
    """It is in every record of ours, whatever came after it."""
    first = request_for(destination, dossier(number))
    destination.send(first)
    done = dossier(number, update=True, status=Status.FINISHED, finished_at=RECEIVED)
    destination.send(request_for(destination, done))
    assert isinstance(destination.find(first), Receipt)


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
    assert isinstance(destination.find(mine), Unclear)
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
