"""A rehearsal at the province: what it finds in each dialect, and that its proposal is enough."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from adapters.wire.rehearsal.calling import concluded
from hub.ports import Absent, Receipt
from hub.rules.errors import AmbiguousFailure, TransientFailure
from tests.support import province as p
from tests.support.rehearsals import AGENCY, NUMBER, attention, lines, rehearse

TRIES = 20
WANTED: dict[str, dict[str, object]] = {
    "dotnet": {},
    "axis": {},
    "php": {},
    "node": {"echo.header": ""},
    "old-iis": {"resolution.time": timedelta(minutes=1), "resolution.text_length": 40},
    "gateway": {"echo.header": ""},
    "replica": {"lookup.last_steps": 10},
}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """One simulated province; each test speaks its dialect and takes numbers of its own."""
    with p.start_province(tmp_path_factory.mktemp("province")) as found:
        yield found


def environment(url: str, place: Path, mode: str = "rest", **more: str) -> dict[str, str]:
    return {
        "HUB_PROVINCE_URL": url,
        "HUB_PROVINCE_MODE": mode,
        "HUB_PROVINCE_USERNAME": p.USERNAME,
        "HUB_PROVINCE_PASSWORD": p.PASSWORD,
        "HUB_PROVINCE_AGENCY": AGENCY,
        "HUB_DATA_DIR": str(place),
        **more,
    }


@pytest.mark.parametrize("dialect", WANTED)
def test_each_dialect_is_rehearsed_and_its_proposal_carries_the_exchange(
    dialect: str, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """The proposal has the dialect's keys; under it a dossier and its steps are there once each."""
    number = f"{AGENCY}-261128-1{list(WANTED).index(dialect):03}"
    simulator.speak(dialect, lag_seconds=0.5)
    rehearsal, walked = rehearse("province", environment(simulator.url, tmp_path), number=number)
    assert walked.runs, attention(walked)
    assert lines(walked) == WANTED[dialect]
    own = tmp_path / "profile.toml"
    own.write_text(rehearsal.proposal(walked), encoding="utf-8")
    _deliver(
        simulator, number.replace("-1", "-2", 1).replace("-26", "-27"), walked.proposal.profile
    )


def _deliver(simulator: SimulatorProcess, number: str, profile: Any) -> None:
    """Deliver a dossier and two steps as the hub does: unknown effects are asked about."""
    settings = p.settings_for(simulator.url, mode="rest", profile=profile)
    destination = ProvincialDestination(settings)
    try:
        before: tuple[Any, ...] = ()
        for place in range(3):
            payload: Any = p.step(number, at=p.RECEIVED + timedelta(hours=place, seconds=7))
            payload = payload if place else p.dossier(number)
            request = replace(p.request_for(destination, payload), beside=before)
            _settle(destination, request)
            before = (*before, request)
    finally:
        destination.close()
    assert p.effects(simulator, number) == ["dossier", "event", "event"]


def _settle(destination: ProvincialDestination, request: Any) -> None:
    """Send until it is done; after an unknown effect ask until there is an answer."""
    for _ in range(TRIES):
        try:
            destination.send(request)
        except TransientFailure:
            continue
        except AmbiguousFailure:
            found = concluded(destination.find, request)
            if isinstance(found, Absent):
                continue
            assert isinstance(found, Receipt), found
        return
    raise AssertionError("never done")


def test_without_a_test_dossier_nothing_is_changed(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """Only logins and look-ups reach the province; the steps of a dossier are not named."""
    simulator.speak()
    before = simulator.ledger()["effects"]
    _, walked = rehearse("province", environment(simulator.url, tmp_path, "soap"), number="")
    assert walked.runs
    assert simulator.ledger()["effects"] == before
    assert {"register", "steps", "repeat", "check"}.isdisjoint(it.step for it in walked.findings)


def test_the_protocol_names_each_step_in_both_languages_and_no_secret(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """Vietnamese first, English beside it, a conclusion, lines to sign; no password, no session."""
    simulator.speak()
    number = f"{AGENCY}-261128-9101"
    rehearsal, walked = rehearse("province", environment(simulator.url, tmp_path), number=number)
    text = rehearsal.protocol(walked)
    for wanted in ("Đăng nhập / Login", "KẾT LUẬN / CONCLUSION", "Trần Thị Thử", number, "Ngày"):
        assert wanted in text
    assert p.PASSWORD not in text


def test_a_wrong_password_ends_the_rehearsal_and_names_what_was_not_tried(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """The login is for a person, the steps behind it are marked as not tried."""
    simulator.speak()
    wrong = environment(simulator.url, tmp_path, HUB_PROVINCE_PASSWORD="another")
    _, walked = rehearse("province", wrong)
    assert not walked.runs
    assert "login" in attention(walked)
    skipped = {it.step for it in walked.findings if it.mark == "skipped"}
    assert {"second_login", "absent", "register"} <= skipped


def test_a_taken_number_is_not_touched(simulator: SimulatorProcess, tmp_path: Path) -> None:
    """A test dossier never writes over a dossier that is there."""
    simulator.speak()
    number = f"{AGENCY}-261128-9102"
    settings = environment(simulator.url, tmp_path)
    rehearse("province", settings, number=number)
    before = p.effects(simulator, number)
    _, walked = rehearse("province", settings, number=number)
    assert "free" in attention(walked)
    assert not walked.runs
    assert p.effects(simulator, number) == before


def test_a_partner_that_is_away_is_named(tmp_path: Path) -> None:
    """Nobody listens: the place is named, and the walk ends."""
    _, walked = rehearse("province", environment("http://127.0.0.1:1", tmp_path), number=NUMBER)
    assert not walked.runs
    assert "partner_unreachable" in attention(walked)["proxy"]
