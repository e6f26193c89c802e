"""A rehearsal at the province: what it finds in each dialect, and that its proposal is enough."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.provincial import profile
from adapters.simulation.process import SimulatorProcess
from adapters.wire.rehearsal.steps import registering
from adapters.wire.rehearsal.steps.logins import MADE_UP
from hub.texts import Language, use_language
from tests.support.partners import province as p
from tests.support.partners.rehearsals import (
    AGENCY,
    NUMBER,
    attention,
    deliver,
    environment,
    lines,
    rehearse,
)
from tests.support.partners.rewriting import Answer, Call, rewriting

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


@pytest.mark.parametrize("mode", ["rest", pytest.param("soap", marks=pytest.mark.long)])
@pytest.mark.parametrize("dialect", WANTED)
def test_each_dialect_is_rehearsed_and_its_proposal_carries_the_exchange(
    dialect: str, mode: str, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """The proposal has the dialect's keys; under it a dossier and its steps are there once each."""
    end = f"{'rs'.index(mode[0]) + 1}{list(WANTED).index(dialect):03}"
    number, real = f"{AGENCY}-261128-{end}", f"{AGENCY}-261127-{end}"
    simulator.speak(dialect, lag_seconds=0.5)
    settings = environment(simulator.url, tmp_path, mode)
    rehearsal, walked = rehearse("province", settings, number=number)
    assert walked.runs, attention(walked)
    assert lines(walked) == WANTED[dialect]
    own = tmp_path / "profile.toml"
    own.write_text(rehearsal.proposal(walked), encoding="utf-8")
    deliver(simulator.url, simulator, real, profile.load(own).profile, mode)


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


def test_the_protocol_is_in_the_language_of_the_process_and_holds_no_secret(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """Its steps, a conclusion, lines to sign; no password, no session."""
    simulator.speak()
    number = f"{AGENCY}-261128-9101"
    rehearsal, walked = rehearse("province", environment(simulator.url, tmp_path), number=number)
    words = {
        Language.VI: ("Đăng nhập", "KẾT LUẬN", "[ĐẠT]", "Ngày"),
        Language.EN: ("Login", "CONCLUSION", "[OK]", "Date"),
    }
    for language, wanted in words.items():
        use_language(language)
        text = rehearsal.protocol(walked)
        assert all(it in text for it in (*wanted, "Trần Thị Thử", number)), text
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
    assert lines(walked) == {}


def test_a_login_refused_under_an_unknown_code_teaches_nothing(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """Without a session no code means done, whatever its words leave open."""
    body = {"error_code": -10, "message": "", "result": None}
    refusal = Answer(200, json.dumps(body).encode(), {"content-type": "application/json"})
    with rewriting(simulator.url) as gateway:
        gateway.before = lambda _: refusal
        _, walked = rehearse("province", environment(gateway.url, tmp_path))
    assert not walked.runs
    assert "login" in attention(walked)
    assert lines(walked) == {}


def test_an_unknown_encoding_is_for_a_person_whatever_else_was_learned(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """A line about something else does not make the bytes readable."""
    strange = b'{"error_code": -1, "message": "\x8d\x90", "result": null}'
    fields = {"content-type": "application/json", "x-request-id": ""}

    def bent(call: Call, given: Answer) -> Answer:
        if MADE_UP.encode() in call.body:
            return Answer(200, strange, fields)
        return Answer(given.status, given.body, {**given.headers, "x-request-id": ""})

    simulator.speak()
    with rewriting(simulator.url) as gateway:
        gateway.after = bent
        _, walked = rehearse("province", environment(gateway.url, tmp_path), number="")
    assert "echo.header" in lines(walked)
    (encoding,) = (it for it in walked.findings if "encoding declared" in it.text.en)
    assert encoding.mark == "attention", encoding


def test_the_look_up_has_the_time_that_the_profile_gives_it(
    simulator: SimulatorProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lag longer than a rehearsal's usual patience: waited for, and registered once."""
    monkeypatch.setattr(registering, "LONGEST_LAG", timedelta(0))
    number = f"{AGENCY}-261128-9103"
    simulator.speak("late_replica", lag_seconds=1.0)
    _, walked = rehearse("province", environment(simulator.url, tmp_path), number=number)
    assert walked.runs, attention(walked)
    assert p.effects(simulator, number).count("dossier") == 1


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
