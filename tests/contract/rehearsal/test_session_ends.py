"""How a partner says that a login is over is learned by a rehearsal, whatever it says that with.

A gateway in front of the simulated province says it in its own way; under the proposal a session
that ends in the middle of an exchange is followed by a new login.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.wire.profile import Code, Means
from adapters.wire.rehearsal.steps.logins import MADE_UP
from tests.support.partners import province as p
from tests.support.partners import town as t
from tests.support.partners.rehearsals import (
    AGENCY,
    attention,
    deliver,
    environment,
    found_at,
    lines,
    rehearse,
)
from tests.support.partners.rewriting import Answer, Call, Rewriting, rewriting

ENDED = re.compile(rb"error_code\W+-1\b")
"""In the simulator's own words."""
REGISTER, STEPS = "DongBoHoSoMC", "CapNhatTienDoHoSoMC"


def said(code: int, message: str) -> Answer:
    """Return a refusal with a code of its own."""
    body = {"error_code": code, "message": message, "result": None}
    fields = {"content-type": "application/json; charset=utf-8"}
    return Answer(200, json.dumps(body, ensure_ascii=False).encode(), fields)


FAULT = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault>'
    "<faultcode>S:AuthFailed</faultcode><faultstring>Vui long xac thuc lai</faultstring>"
    "</S:Fault></S:Body></S:Envelope>"
)
PAGE = b'<html><body><form method="post"><input name="m"><input type=password></form></body></html>'
OWN_CODE = Code(means=Means.SESSION_OVER, words=("Token hết hạn sử dụng",), statuses=(200,))
FORMS: dict[str, tuple[str, Answer, str, Callable[[Any], bool]]] = {
    "status": ("rest", Answer(498), "session.statuses", lambda it: 498 in it),
    "code": ("rest", said(-77, "Token hết hạn sử dụng"), "codes.-77", OWN_CODE.__eq__),
    "fault": (
        "soap",
        Answer(500, FAULT.encode(), {"content-type": "text/xml; charset=utf-8"}),
        "session.fault_codes",
        lambda it: "AuthFailed" in it,
    ),
    "redirect": (
        "rest",
        Answer(302, b"", {"location": "/sso/vao?next=%2Fmapi"}),
        "session.page_marks",
        lambda it: "/sso/vao" in it,
    ),
    "page": (
        "rest",
        Answer(200, PAGE, {"content-type": "text/html"}),
        "session.page_marks",
        lambda it: "type=password" in it,
    ),
}
"""Name -> mode, what is answered under a login that is over, the proposal's key, its value."""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with p.start_province(tmp_path_factory.mktemp("province")) as found:
        yield found


@pytest.fixture
def gateway(simulator: SimulatorProcess) -> Iterator[Rewriting]:
    with rewriting(simulator.url) as found:
        yield found
    simulator.clear_faults()
    simulator.speak()


def numbers(place: int) -> tuple[str, str]:
    """Return the number of a test dossier and of another one."""
    return f"{AGENCY}-261128-5{place:03}", f"{AGENCY}-261127-5{place:03}"


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_an_ended_session_is_learned_and_used(
    form: str, gateway: Rewriting, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """Status, code, fault, redirect, page: one more login, and each effect is there once."""
    mode, answer, key, is_wanted = FORMS[form]
    gateway.after = lambda _, given: answer if ENDED.search(given.body) else given
    number, real = numbers(list(FORMS).index(form))
    _, walked = rehearse("province", environment(gateway.url, tmp_path, mode), number=number)
    assert walked.runs, attention(walked)
    assert is_wanted(lines(walked)[key]), lines(walked)
    assert "ended_session" not in attention(walked)
    assert p.effects(simulator, number).count("dossier") == 1
    expired = Fault(kind=FaultKind.EXPIRED_TOKEN, operations=(STEPS,), remaining=1)
    simulator.set_faults([expired])
    deliver(gateway.url, simulator, real, walked.proposal.profile, mode)
    assert simulator.faults() == []


def test_a_login_that_a_newer_one_ended_is_learned_in_its_own_words(
    gateway: Rewriting, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """ "Signed in elsewhere" is not what a made-up session is told; both end a login."""
    other = said(-88, "Tài khoản đang đăng nhập ở nơi khác")

    def displaced(call: Call, given: Answer) -> Answer:
        ended = ENDED.search(given.body) and MADE_UP.encode() not in call.body
        return other if ended else given

    simulator.speak("one_login")
    gateway.after = displaced
    _, walked = rehearse("province", environment(gateway.url, tmp_path), number="")
    assert walked.runs, attention(walked)
    code = lines(walked)["codes.-88"]
    assert isinstance(code, Code)
    assert code.means is Means.SESSION_OVER
    assert "only the hub uses" in attention(walked)["second_login"]


def test_an_operation_that_says_it_otherwise_is_learned_by_the_test_dossier(
    gateway: Rewriting, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """The look-up says it as agreed, the registration with a code of its own."""
    own = said(-99, "Hết phiên làm việc")

    def other_words(_: Call, given: Answer) -> Answer:
        registers = REGISTER.encode() in _.body or REGISTER in _.path
        return own if registers and ENDED.search(given.body) else given

    gateway.after = other_words
    number, _real = numbers(101)
    _, walked = rehearse("province", environment(gateway.url, tmp_path), number=number)
    assert walked.runs, attention(walked)
    code = lines(walked)["codes.-99"]
    assert isinstance(code, Code)
    assert code.means is Means.SESSION_OVER
    assert p.effects(simulator, number).count("dossier") == 1


def good_session(gateway: Rewriting, place: Path) -> bytes:
    """Return a session that a rehearsal has opened and that is still good."""
    _, before = rehearse("province", environment(gateway.url, place), number="")
    assert before.runs
    logins = [it for it in gateway.calls if MADE_UP.encode() not in it.body]
    good = re.search(rb'"session"\s*:\s*"([^"]+)"', logins[-1].body)
    assert good, logins[-1].body
    return good[1]


def test_a_registration_that_needs_no_login_is_told_and_made_once(
    gateway: Rewriting, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """The partner's hole is for a person; the dossier that it wrote is the test dossier."""
    good = good_session(gateway, tmp_path)

    def unchecked(call: Call) -> Answer | None:
        if REGISTER.encode() not in call.body + call.path.encode():
            return None
        body = call.body.replace(MADE_UP.encode(), good)
        return gateway.forward(Call(call.method, call.path, call.headers, body))

    gateway.before = unchecked
    number, _real = numbers(102)
    _, walked = rehearse("province", environment(gateway.url, tmp_path), number=number)
    assert "without a login" in attention(walked)["ended_session"]
    assert walked.runs, attention(walked)
    assert p.effects(simulator, number).count("dossier") == 1


def test_a_registration_without_a_login_whose_reply_is_lost_is_not_made_again_at_once(
    gateway: Rewriting, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """Its effect is unknown: the look-up has its time first, and shows the dossier."""
    good = good_session(gateway, tmp_path)

    def lost(call: Call) -> Answer | None:
        if REGISTER.encode() not in call.body + call.path.encode():
            return None
        if MADE_UP.encode() not in call.body:
            return None
        body = call.body.replace(MADE_UP.encode(), good)
        gateway.forward(Call(call.method, call.path, call.headers, body))
        return Answer(504)

    gateway.before = lost
    simulator.speak("late_replica", lag_seconds=1.0)
    number, _real = numbers(104)
    _, walked = rehearse("province", environment(gateway.url, tmp_path), number=number)
    assert walked.runs, attention(walked)
    made = [it for it in gateway.calls if REGISTER.encode() in it.body + it.path.encode()]
    assert len(made) == 2, "once, and once more to see how the partner says that it is there"


def test_an_end_that_cannot_be_told_from_a_refusal_is_for_a_person(
    gateway: Rewriting, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """A code that already means something else is not given a second meaning."""
    gateway.after = lambda _, given: said(-4, "Từ chối") if ENDED.search(given.body) else given
    _, walked = rehearse("province", environment(gateway.url, tmp_path), number="")
    assert not walked.runs
    assert "ended_session" in attention(walked)
    assert not any(key.startswith("codes") for key in lines(walked))
    assert "-4" in found_at(walked, "ended_session")


def test_a_town_whose_tokens_end_with_a_status_of_its_own(tmp_path: Path) -> None:
    """The same at the town: the status becomes a line."""
    with (
        t.start_town(tmp_path / "town", "http://127.0.0.1:9") as town,
        rewriting(town.url) as gateway,
    ):
        gateway.after = lambda _, given: Answer(498) if given.status == 401 else given
        settings = {
            "HUB_TOWN_URL": gateway.url,
            "HUB_TOWN_CLIENT_ID": "ward",
            "HUB_TOWN_CLIENT_SECRET": t.CLIENT_SECRET,
            "HUB_TOWN_CALLBACK_SECRET": t.CALLBACK_SECRET,
            "HUB_FILE_TOKEN": t.FILE_TOKEN,
            "HUB_PROVINCE_AGENCY": AGENCY,
            "HUB_DATA_DIR": str(tmp_path),
        }
        number, _real = numbers(103)
        _, walked = rehearse("town", settings, number=number)
        assert walked.runs, attention(walked)
        assert lines(walked) == {"session.statuses": (401, 403, 419, 440, 498)}
        assert [row["kind"] for row in town.effects(dossier=number)] == ["dossier"]
