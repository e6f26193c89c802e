"""Words that nobody knows beside a code of success: the partner is asked once, and goes on."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.provincial import profile as province_profile
from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from adapters.town_center import profile as town_profile
from adapters.town_center.destination import TownCenter
from adapters.wire.profile import Profile
from hub.ports import Drift, DriftKind, Receipt
from hub.rules.failures.errors import AmbiguousFailure, TransientFailure
from tests.support.partners import province as at_province
from tests.support.partners import town as at_town
from tests.support.partners.province import dossier, request_for, step
from tests.support.partners.rewriting import Answer, Call, Rewriting, rewriting
from tests.support.partners.town import message_of, running_town, transfer

STEPS, REGISTER, LOOK_UP = "CapNhatTienDoHoSoMC", "DongBoHoSoMC", "TraCuuHoSo"
UNUSUAL = "Đã chuyển trục"
BUSY = Answer(503, b"", {"retry-after": "5"})


def usual(profile: Profile, code: str) -> Profile:
    rows = profile.codes | {code: replace(profile.codes[code], usual=(UNUSUAL,))}
    return replace(profile, codes=rows)


def saying(message: str) -> Callable[[Call, Answer], Answer]:
    """Put another message into the replies of the calls that write."""

    def after(call: Call, answer: Answer) -> Answer:
        if STEPS.encode() not in call.body and REGISTER.encode() not in call.body:
            return answer
        said = json.loads(answer.body) | {"message": message}
        return Answer(answer.status, json.dumps(said).encode(), answer.headers)

    return after


def calls_of(gateway: Rewriting, operation: str) -> int:
    return sum(operation.encode() in call.body for call in gateway.calls)


@pytest.mark.parametrize(
    ("message", "asked"),
    [(UNUSUAL, 1), ("Đã có trên hệ thống", 1), ("Thành công", 0), ("", 0), ("200", 0)],
)
def test_a_step_with_unusual_words_is_looked_up_once_and_delivered(
    gateway: Rewriting, province: SimulatorProcess, number: str, message: str, asked: int
) -> None:
    """A partner whose message is merely unusual is not stopped, and a person hears of it."""
    drift: list[Drift] = []
    settings = at_province.settings_for(gateway.url, mode="rest")
    with closing(ProvincialDestination(settings, observe=drift.extend)) as destination:
        destination.send(request_for(destination, dossier(number)))
        gateway.after = saying(message)
        receipt = destination.send(request_for(destination, step(number)))
    assert isinstance(receipt, Receipt)
    assert calls_of(gateway, LOOK_UP) == asked
    assert at_province.effects(province, number) == ["dossier", "event"]
    told = [it.place for it in drift if it.kind is DriftKind.UNKNOWN_VALUE]
    assert told == ["message"] * asked


def test_words_that_the_profile_calls_usual_are_not_looked_up(
    gateway: Rewriting, number: str
) -> None:
    """One line of the profile, and the partner costs no second call."""
    profile = usual(province_profile.shipped(), "0")
    settings = at_province.settings_for(gateway.url, mode="rest", profile=profile)
    gateway.after = saying(f"{UNUSUAL} (3F2504E0)")
    with closing(ProvincialDestination(settings)) as destination:
        destination.send(request_for(destination, dossier(number)))
    assert calls_of(gateway, LOOK_UP) == 0


@pytest.mark.parametrize("look_up", [None, BUSY], ids=["not there", "cannot be asked"])
def test_unusual_words_without_the_effect_are_an_unknown_effect(
    gateway: Rewriting, province: SimulatorProcess, number: str, look_up: Answer | None
) -> None:
    """ "Queued" is no proof; neither is it one that the call may be made again."""
    said = {"error_code": 0, "message": "Queued", "result": [{"MaHoSo": number}]}

    def before(call: Call) -> Answer | None:
        if STEPS.encode() in call.body:
            return Answer(200, json.dumps(said).encode(), {"content-type": "application/json"})
        return look_up if LOOK_UP.encode() in call.body else None

    settings = at_province.settings_for(gateway.url, mode="rest")
    with closing(ProvincialDestination(settings)) as destination:
        destination.send(request_for(destination, dossier(number)))
        gateway.before = before
        with pytest.raises(AmbiguousFailure):
            destination.send(request_for(destination, step(number)))
    assert at_province.effects(province, number) == ["dossier"]


@pytest.mark.parametrize("known", [False, True])
def test_the_town_is_asked_once_as_well(tmp_path: Path, known: bool) -> None:
    """The same rule, the same key of the profile."""
    profile = usual(town_profile.shipped(), "00") if known else town_profile.shipped()
    with (
        running_town(tmp_path, "--supplement-share", "0") as (hub, town),
        rewriting(town.url) as gateway,
    ):

        def after(call: Call, answer: Answer) -> Answer:
            if call.method != "POST" or b"status" not in answer.body:
                return answer
            said: dict[str, Any] = json.loads(answer.body)
            said["status"]["message"] = UNUSUAL
            return Answer(answer.status, json.dumps(said).encode(), answer.headers)

        gateway.after = after
        settings = at_town.settings_for(gateway.url, hub.url, profile=profile)
        with closing(TownCenter(settings)) as destination:
            payload = transfer("000.99.02.H57-180727-0001")
            request = destination.prepare(message_of(payload), payload)
            assert destination.send(request).already is False
        assert sum(call.method == "GET" for call in gateway.calls) == (0 if known else 1)


def test_a_login_of_success_without_a_session_names_the_field(gateway: Rewriting) -> None:
    """Under another name it is no session of the contract: what to ask for is told."""

    def after(call: Call, answer: Answer) -> Answer:
        said = json.loads(answer.body)
        said["token"] = said.pop("session", "")
        return Answer(answer.status, json.dumps(said).encode(), answer.headers)

    gateway.after = after
    with (
        closing(
            ProvincialDestination(at_province.settings_for(gateway.url, mode="rest"))
        ) as destination,
        pytest.raises(TransientFailure, match="DangNhap, session: missing"),
    ):
        destination.ping()
