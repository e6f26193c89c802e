"""Habits of a province's replies stop nothing, prove nothing, and are told: rows of the cases.

The simulator stands behind a gateway that rewrites its replies on the way, so every effect is in
its ledger and every reply comes over a real line.
"""

import gzip
import json
import re
from collections.abc import Callable

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from hub.ports import Absent, Drift, DriftKind, Receipt
from hub.rules.failures.errors import AmbiguousFailure, TransientFailure
from tests.support.partners.province import (
    dossier,
    effects,
    request_for,
    settings_for,
    step,
)
from tests.support.partners.rewriting import Answer, Call, Rewriting

K = DriftKind
Habit = Callable[[Answer], Answer]


def edited(change: Callable[[str], str], *, kind: str = "") -> Habit:
    """Change the text of each reply."""

    def habit(answer: Answer) -> Answer:
        headers = answer.headers | ({"content-type": kind} if kind else {})
        return Answer(answer.status, change(answer.body.decode()).encode(), headers)

    return habit


def in_json(change: Callable[[dict[str, object]], dict[str, object]]) -> Habit:
    """Change the object that each reply is."""
    return edited(lambda text: json.dumps(change(json.loads(text)), ensure_ascii=False))


def compressed(answer: Answer) -> Answer:
    headers = answer.headers | {"content-encoding": "gzip"}
    return Answer(answer.status, gzip.compress(answer.body), headers)


def packaged(answer: Answer) -> Answer:
    head = b"--u\r\nContent-Type: application/xop+xml; charset=UTF-8\r\nContent-ID: <r>\r\n\r\n"
    kind = 'multipart/related; type="application/xop+xml"; start="<r>"; boundary="u"'
    body = head + answer.body + b"\r\n--u--\r\n"
    return Answer(answer.status, body, answer.headers | {"content-type": kind})


def header(name: str, value: str) -> Habit:
    return lambda answer: Answer(answer.status, answer.body, answer.headers | {name: value})


def _message_first(text: str) -> str:
    return re.sub(r"(<error_code>.*?</error_code>)(<message>.*?</message>)", r"\2\1", text)


SOAP_HABITS: dict[str, tuple[Habit, DriftKind | None]] = {
    "B1 a new element": (
        edited(lambda it: it.replace("<message>", "<thoiGianXuLy>12</thoiGianXuLy><message>")),
        K.UNKNOWN_FIELD,
    ),
    "B1 message first": (edited(_message_first), K.OTHER_ORDER),
    "B1 no message": (
        edited(lambda it: re.sub("<message>Thành công</message>", "", it)),
        K.MISSING_FIELD,
    ),
    "B1 blanks around the code": (
        edited(lambda it: re.sub("<error_code>(.*?)</", r"<error_code> \1\n</", it)),
        K.BLANKS,
    ),
    "B2 nil": (
        edited(
            lambda it: re.sub(
                "<(message|NgayTra|GhiChu)>(?:Thành công)?</",
                r'<\1 xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"></',
                it,
            )
        ),
        K.MISSING_FIELD,
    ),
    "B5 gzip": (compressed, K.CODING),
    "B6 echo overwritten": (header("x-request-id", "6ba7b810-9dad-11d1-80b4"), K.ECHO),
    "B6 echo dropped": (header("x-request-id", ""), K.ECHO),
    "B6 blanks behind the echo": (
        lambda it: Answer(it.status, it.body, it.headers | {"x-other": "a  "}),
        None,
    ),
    "B10 package": (packaged, K.PACKAGE),
    "B10 blank line ahead": (edited(lambda it: "\r\n" + it), K.BLANKS),
    "B10 declared utf-16": (
        edited(lambda it: it.replace('encoding="UTF-8"', 'encoding="utf-16"'), kind="text/xml"),
        K.CHARSET,
    ),
    "B11 no error": (edited(lambda it: it.replace(">Thành công<", ">Không có lỗi<")), None),
    "other prefix and namespace": (
        edited(
            lambda it: it.replace("urn:one-stop-hub:provincial:v1", "http://tempuri.org/").replace(
                "http://schemas.xmlsoap.org/soap/envelope/",
                "http://www.w3.org/2003/05/soap-envelope",
            )
        ),
        K.ENVELOPE,
    ),
}
REST_HABITS: dict[str, tuple[Habit, DriftKind | None]] = {
    "B3 null message": (
        in_json(lambda it: it | ({} if it["error_code"] else {"message": None})),
        K.MISSING_FIELD,
    ),
    "B3 code as text": (in_json(lambda it: it | {"error_code": str(it["error_code"])}), None),
    "B1 a new field": (in_json(lambda it: it | {"thoiGianXuLy": 12}), K.UNKNOWN_FIELD),
    "B10 BOM": (edited(lambda it: "\ufeff" + it), K.CHARSET),
    "B5 gzip": (compressed, K.CODING),
    "B11 no error": (
        in_json(lambda it: it | ({"message": "Không có lỗi"} if not it["error_code"] else {})),
        None,
    ),
    "one record for a list": (
        in_json(
            lambda it: it | ({"result": it["result"][0]} if it.get("result") else {})  # type: ignore[index]
        ),
        K.OTHER_SHAPE,
    ),
}
HABITS = [("soap", name, *it) for name, it in SOAP_HABITS.items()]
HABITS += [("rest", name, *it) for name, it in REST_HABITS.items()]


@pytest.mark.parametrize(("mode", "name", "habit", "kind"), HABITS, ids=[it[1] for it in HABITS])
def test_a_habit_in_every_reply_stops_nothing_and_is_told(
    gateway: Rewriting,
    province: SimulatorProcess,
    number: str,
    mode: str,
    name: str,
    habit: Habit,
    kind: DriftKind | None,
) -> None:
    """Logged in, registered, a step added, looked up, absent and there: each once in the ledger."""
    drift: list[Drift] = []
    settings = settings_for(gateway.url, mode=mode)
    destination = ProvincialDestination(settings, observe=drift.extend)
    gateway.after = lambda _, answer: habit(answer)
    request = request_for(destination, dossier(number))
    assert isinstance(destination.find(request), Absent)
    assert destination.send(request).reference == f"TTH-{number}"
    found = destination.find(request)
    assert isinstance(found, Receipt)
    assert destination.send(request).already
    assert destination.send(request_for(destination, step(number))).reference
    assert effects(province, number) == ["dossier", "event"]
    assert {it.partner for it in drift} <= {"provincial"}
    kinds = {it.kind for it in drift if it.operation == "DongBoHoSoMC"}
    assert kinds == ({kind} if kind else set()), name
    assert number not in repr(drift)
    destination.close()


UNKNOWN: dict[str, tuple[str, Habit]] = {
    "words of failure": (
        "soap",
        edited(lambda it: it.replace(">Thành công<", ">Không thành công<")),
    ),
    "a 500 beside a code of success": ("soap", lambda it: Answer(500, it.body, it.headers)),
    "A6 a busy code under a 500": (
        "rest",
        lambda _: Answer(500, '{"error_code": -8, "message": "Hệ thống bận"}'.encode()),
    ),
    "two codes": (
        "soap",
        edited(lambda it: it.replace("<message>", "<error_code>-4</error_code><message>")),
    ),
    "two codes in JSON": (
        "rest",
        edited(lambda it: it.replace('"message"', '"error_code":-4,"message"', 1)),
    ),
    "another operation": (
        "soap",
        edited(lambda it: it.replace("DongBoHoSoMCResponse", "TraCuuHoSoResponse")),
    ),
    "no number": ("soap", edited(lambda it: re.sub("<MaHoSo>.*?</MaHoSo>", "<MaHoSo/>", it))),
}


@pytest.mark.parametrize(("mode", "habit"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_contradicts_itself_is_unknown_although_it_was_done(
    gateway: Rewriting, province: SimulatorProcess, number: str, mode: str, habit: Habit
) -> None:
    """Neither done nor certainly not done: the province is asked, and has it."""
    destination = ProvincialDestination(settings_for(gateway.url, mode=mode))
    request = request_for(destination, dossier(number))
    destination.ping()

    def after(call: Call, answer: Answer) -> Answer:
        return habit(answer) if b"DongBoHoSoMC" in call.body else answer

    gateway.after = after
    with pytest.raises(AmbiguousFailure) as raised:
        destination.send(request)
    assert raised.value.code in {"reply_unreadable", "reply_server_error"}
    assert number not in raised.value.detail
    assert len(raised.value.response_hash) == 64
    assert isinstance(destination.find(request), Receipt)
    assert effects(province, number) == ["dossier"]
    destination.close()


def test_a_look_up_that_contradicts_itself_proves_no_absence(
    gateway: Rewriting, number: str
) -> None:
    """ "Không tồn tại" beside the dossier, or under a 500: asked again later."""
    destination = ProvincialDestination(settings_for(gateway.url))
    request = request_for(destination, dossier(number))
    destination.ping()
    for habit in (
        lambda it: Answer(500, it.body, it.headers),
        edited(lambda it: it.replace("không tồn tại", "đã được tiếp nhận thành công")),
    ):
        gateway.after = lambda _, answer, habit=habit: habit(answer)  # type: ignore[misc]
        with pytest.raises(TransientFailure):
            destination.find(request)
    destination.close()


@pytest.mark.parametrize("mode", ["soap", "rest"])
def test_a_question_has_an_operation_and_a_hash_of_its_own(number: str, mode: str) -> None:
    """Evidence says what was asked; the same question has the same hash, whatever it is about."""
    destination = ProvincialDestination(settings_for("http://127.0.0.1:9", mode=mode))
    register = request_for(destination, dossier(number))
    add = request_for(destination, step(number))
    question = destination.question(register)
    assert question.operation == "TraCuuHoSo"
    assert question.digest not in {register.digest, add.digest}
    assert destination.question(add) == question
    other = request_for(destination, dossier(number + "1"))
    assert destination.question(other).digest != question.digest
    destination.close()
