"""The province says in many ways that a login is over: no dossier dies of it, none is doubled."""

import itertools
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from hub.ports import Receipt
from hub.rules.failures.errors import AmbiguousFailure, NotAttempted, TransientFailure
from tests.support.partners.province import (
    dossier,
    effects,
    request_for,
    settings_for,
    step,
)
from tests.support.partners.rewriting import Answer, Call, Rewriting

_numbers = itertools.count(1)
FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    "<faultcode>soap:Client</faultcode><faultstring>Vui lòng đăng nhập lại</faultstring>"
    "</s:Fault></s:Body></s:Envelope>"
).encode()
PAGE = b'<!DOCTYPE html><html><body><input type="password"></body></html>'
CERTAIN = {
    "403": Answer(403),
    "403 with a page": Answer(403, PAGE, {"content-type": "text/html"}),
    "401": Answer(401, b"Unauthorized"),
    "fault": Answer(500, FAULT, {"content-type": "text/xml"}),
    "fault with 200": Answer(200, FAULT, {"content-type": "text/xml"}),
}
UNCERTAIN = {
    "page": Answer(200, PAGE, {"content-type": "text/html"}),
    "redirect": Answer(302, b"", {"location": "/Login.aspx"}),
}


@pytest.fixture
def destination(gateway: Rewriting, mode: str) -> Iterator[ProvincialDestination]:
    found = ProvincialDestination(settings_for(gateway.url, mode=mode))
    yield found
    found.close()


class Over:
    """Answers calls of an old login in the place of the province: its session is over."""

    def __init__(self, answer: Answer, *, for_ever: bool = False) -> None:
        self.answer = answer
        self.for_ever = for_ever
        self.old = ""
        self.logins = 0

    def __call__(self, call: Call) -> Answer | None:
        if b"DangNhap" in call.body or b'"password"' in call.body:
            self.logins += 1
            return None
        self.old = self.old or f"login {self.logins}"
        is_old = self.old == f"login {self.logins}"
        return self.answer if is_old or self.for_ever else None


@pytest.mark.parametrize("how", CERTAIN)
def test_a_certain_refusal_under_an_old_login_is_repeated_with_a_new_one(
    province: SimulatorProcess,
    gateway: Rewriting,
    destination: ProvincialDestination,
    number: str,
    how: str,
) -> None:
    """The caller does not notice; the effect happens once, by one new login."""
    destination.ping()
    over = gateway.before = Over(CERTAIN[how])
    assert not destination.send(request_for(destination, dossier(number))).already
    assert effects(province, number) == ["dossier"]
    assert over.logins == 1


@pytest.mark.parametrize("how", UNCERTAIN)
def test_a_login_page_is_no_proof_and_the_next_question_logs_in(
    province: SimulatorProcess,
    gateway: Rewriting,
    destination: ProvincialDestination,
    number: str,
    how: str,
) -> None:
    """The call is not made again; the question after it is asked with a new login."""
    destination.send(request_for(destination, dossier(number)))
    over = gateway.before = Over(UNCERTAIN[how])
    asked = request_for(destination, step(number))
    with pytest.raises(AmbiguousFailure, match="effect is unknown"):
        destination.send(asked)
    assert not isinstance(destination.find(asked), Receipt)
    assert over.logins == 1
    destination.send(asked)
    assert effects(province, number) == ["dossier", "event"]


@pytest.mark.parametrize("how", UNCERTAIN)
def test_a_login_page_after_the_work_doubles_nothing(
    province: SimulatorProcess,
    gateway: Rewriting,
    destination: ProvincialDestination,
    number: str,
    how: str,
) -> None:
    """The session ended while the province was at work: the question finds what it did."""
    destination.send(request_for(destination, dossier(number)))
    gateway.after = lambda _call, _answer: UNCERTAIN[how]
    asked = request_for(destination, step(number))
    with pytest.raises(AmbiguousFailure, match="effect is unknown"):
        destination.send(asked)
    gateway.after = lambda _call, answer: answer
    assert isinstance(destination.find(asked), Receipt)
    assert effects(province, number) == ["dossier", "event"]


@pytest.mark.parametrize("how", ["403", "403 with a page"])
def test_a_403_under_a_new_login_holds_the_dossier(
    province: SimulatorProcess,
    gateway: Rewriting,
    destination: ProvincialDestination,
    number: str,
    how: str,
) -> None:
    """A missing right: no attempt is used, and when the right is there it goes out."""
    over = gateway.before = Over(CERTAIN[how], for_ever=True)
    with pytest.raises(NotAttempted, match="partner_forbidden"):
        destination.send(request_for(destination, dossier(number)))
    assert over.logins == 2
    gateway.before = lambda _call: None
    destination.send(request_for(destination, dossier(number)))
    assert effects(province, number) == ["dossier"]


def test_a_fault_under_every_login_is_no_dead_dossier(
    gateway: Rewriting, destination: ProvincialDestination, number: str
) -> None:
    """Lost again and again: first tried again, then held with the cause, and fewer logins."""
    over = gateway.before = Over(CERTAIN["fault"], for_ever=True)
    seen = []
    for _ in range(6):
        with pytest.raises((TransientFailure, NotAttempted)) as caught:
            destination.send(request_for(destination, dossier(number)))
        seen.append(caught.value.code)
    assert seen[0] == "partner_login"
    assert seen[-1] == "partner_session"
    assert over.logins < 6


def test_two_programs_on_one_account_do_not_throw_each_other_out_in_a_loop(
    province: SimulatorProcess, gateway: Rewriting, mode: str
) -> None:
    """Only the newest login counts. Both slow down and say why, instead of logging in for ever."""
    programs = [ProvincialDestination(settings_for(gateway.url, mode=mode)) for _ in range(2)]
    logins = 0

    def before(call: Call) -> Answer | None:
        nonlocal logins
        if b"DangNhap" in call.body or b'"password"' in call.body:
            logins += 1
            return None
        return Answer(401) if tokens and tokens[-1] not in call.body else None

    def after(call: Call, answer: Answer) -> Answer:
        for word in (b"<t:session>", b"session>", b'"session":"'):
            if word in answer.body and (b"DangNhap" in call.body or b'"password"' in call.body):
                tokens.append(answer.body.split(word, 1)[1][:16])
                break
        return answer

    tokens: list[bytes] = []
    gateway.before, gateway.after = before, after
    codes = []
    for _ in range(20):
        for program in programs:
            asked = request_for(program, dossier(f"000.99.01.H57-180726-{next(_numbers):05d}"))
            try:
                program.send(asked)
            except (TransientFailure, NotAttempted) as failure:
                codes.append(failure.code)
    assert "partner_session" in codes
    assert logins < 20
    for program in programs:
        program.close()


def fault(text: str, *, code: str = "soap:Server", detail: str = "", status: int = 500) -> Answer:
    """Return a SOAP fault with this reason and these details."""
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        f"<detail>{detail}</detail></s:Fault></s:Body></s:Envelope>"
    )
    return Answer(status, body.encode(), {"content-type": "text/xml; charset=utf-8"})


def refusal(message: str, code: int = -1, *done: dict[str, str]) -> Answer:
    """Return a reply with an error code over REST."""
    body = {"error_code": code, "message": message, "result": done or None}
    fields = {"content-type": "application/json; charset=utf-8"}
    return Answer(200, json.dumps(body, ensure_ascii=False).encode(), fields)


AFTER_THE_WORK = {
    "database session": ("soap", fault("org.hibernate.SessionException: Session is closed")),
    "version": ("soap", fault("Lỗi hệ thống (phiên bản 2.1.0), giao dịch quá thời gian")),
    "stack trace": (
        "soap",
        fault("Timeout expired", detail="at System.Web.SessionState.ReleaseState()"),
    ),
    "server that names the session": ("soap", fault("Phiên làm việc đã hết hạn")),
    "gateway that names the session": (
        "soap",
        fault("Phiên làm việc đã hết hạn", code="soap:Client", status=504),
    ),
    "details that name the session": (
        "soap",
        fault("Timeout", code="soap:Client", detail="Phiên làm việc đã hết hạn"),
    ),
    "code beside a database session": ("rest", refusal("Session is closed")),
    "code beside a version": ("rest", refusal("Lỗi hệ thống, phiên bản 2.1.0")),
    "code beside the reference": (
        "rest",
        refusal("Phiên làm việc đã hết hạn", -1, {"MaHoSo": "NUMBER", "MaThamChieu": "TTH-1"}),
    ),
}
"""Name -> mode, what comes in the place of the province's reply, once."""


@pytest.mark.parametrize("how", AFTER_THE_WORK)
def test_what_may_be_another_session_after_the_work_doubles_nothing(
    province: SimulatorProcess, gateway: Rewriting, number: str, how: str
) -> None:
    """A session with a database, a version, a stack trace: the effect is unknown and looked up."""
    mode, answer = AFTER_THE_WORK[how]
    left = [replace(answer, body=answer.body.replace(b"NUMBER", number.encode()))]
    with closing(ProvincialDestination(settings_for(gateway.url, mode=mode))) as destination:
        destination.send(request_for(destination, dossier(number)))
        gateway.after = lambda _call, real: left.pop() if left else real
        asked = request_for(destination, step(number))
        with pytest.raises(AmbiguousFailure):
            destination.send(asked)
        assert isinstance(destination.find(asked), Receipt)
    assert effects(province, number) == ["dossier", "event"]


def test_words_that_only_hint_at_an_ended_login_have_the_next_question_log_in(
    province: SimulatorProcess, gateway: Rewriting, number: str
) -> None:
    """The session is over in words that nobody listed: no dead dossier, and no second effect."""
    with closing(ProvincialDestination(settings_for(gateway.url, mode="soap"))) as destination:
        destination.send(request_for(destination, dossier(number)))
        over = gateway.before = Over(fault("Session closed by administrator", code="soap:Client"))
        asked = request_for(destination, step(number))
        with pytest.raises(AmbiguousFailure, match="effect is unknown"):
            destination.send(asked)
        assert not isinstance(destination.find(asked), Receipt)
        assert over.logins == 1
        destination.send(asked)
    assert effects(province, number) == ["dossier", "event"]
