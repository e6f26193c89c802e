"""Habits of a town's replies stop nothing, prove nothing, and are told: rows of the cases."""

import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.simulation.process import SimulatorProcess
from adapters.town_center.destination import TownCenter
from hub.ports import Absent, Drift, DriftKind, Receipt
from hub.rules.failures.errors import AmbiguousFailure
from tests.support.partners.rewriting import Answer, Call, Rewriting, rewriting
from tests.support.partners.town import LittleHub, message_of, running_town, settings_for, transfer

_numbers = itertools.count(1)
K = DriftKind
Habit = Callable[[Answer], Answer]
Place = tuple[LittleHub, SimulatorProcess]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running_town(tmp_path_factory.mktemp("town"), "--supplement-share", "0") as found:
        yield found


@pytest.fixture
def gateway(place: Place) -> Iterator[Rewriting]:
    with rewriting(place[1].url) as found:
        yield found


@pytest.fixture
def number() -> str:
    return f"000.99.02.H57-180726-{next(_numbers):04d}"


def effects(town: SimulatorProcess, number: str) -> list[str]:
    return [row["kind"] for row in town.effects(dossier=number) if row["kind"] == "dossier"]


def in_json(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Habit:
    """Change the object that each reply is."""

    def habit(answer: Answer) -> Answer:
        body = json.dumps(change(json.loads(answer.body)), ensure_ascii=False)
        return Answer(answer.status, body.encode(), answer.headers)

    return habit


def in_status(**changes: Any) -> Habit:
    def change(it: dict[str, Any]) -> dict[str, Any]:
        return it | {"status": it["status"] | changes} if "status" in it else it

    return in_json(change)


def as_text(value: Any) -> Any:
    """Return a value with every number and truth in it as text."""
    if isinstance(value, dict):
        return {name: as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return value if value is None or isinstance(value, str) else str(value)


def compressed(answer: Answer) -> Answer:
    headers = answer.headers | {"content-encoding": "gzip"}
    return Answer(answer.status, gzip.compress(answer.body), headers)


HABITS: dict[str, tuple[Habit, DriftKind | None]] = {
    "B1 a new field": (in_json(lambda it: it | {"thoiGianXuLy": {"ms": 12}}), K.UNKNOWN_FIELD),
    "B3 null message": (in_status(message=None), K.MISSING_FIELD),
    "no time": (in_status(time=None), K.MISSING_FIELD),
    "B5 gzip": (compressed, K.CODING),
    "everything as text": (in_json(as_text), K.OTHER_TYPE),
    "B10 BOM": (lambda it: Answer(it.status, b"\xef\xbb\xbf" + it.body, it.headers), K.CHARSET),
    "B11 no error": (in_status(message="Không có lỗi"), None),
    "B6 echo overwritten": (
        lambda it: Answer(it.status, it.body, it.headers | {"x-request-id": "gateway"}),
        K.ECHO,
    ),
    "201": (lambda it: Answer(201 if b'"00"' in it.body else it.status, it.body, it.headers), None),
}


@pytest.mark.parametrize(("habit", "kind"), HABITS.values(), ids=HABITS.keys())
def test_a_habit_in_every_reply_stops_nothing_and_is_told(
    gateway: Rewriting, place: Place, number: str, habit: Habit, kind: DriftKind | None
) -> None:
    """A token, a search without result, a hand-over, found, and said to exist."""
    drift: list[Drift] = []
    destination = TownCenter(settings_for(gateway.url, place[0].url), observe=drift.extend)
    gateway.after = lambda _, answer: habit(answer)
    payload = transfer(number)
    request = destination.prepare(message_of(payload), payload)
    assert isinstance(destination.find(request), Absent)
    assert destination.send(request).already is False
    assert isinstance(destination.find(request), Receipt)
    assert destination.send(request).already is True
    assert effects(place[1], number) == ["dossier"]
    kinds = {it.kind for it in drift if it.operation == "TiepNhanHoSo"} - {K.OTHER_TYPE}
    assert kinds == ({kind} - {K.OTHER_TYPE} if kind else set())
    assert kind is None or kind in {it.kind for it in drift} or kind is K.OTHER_TYPE
    assert number not in repr(drift)
    destination.close()


BUSY = json.dumps(
    {"data": 0, "status": {"success": False, "code": "53", "message": "Hệ thống bận."}}
).encode()
UNKNOWN: dict[str, Habit] = {
    "A6 a busy code under a 500": lambda it: Answer(500, BUSY, it.headers),
    "success and data 0": in_json(lambda it: it | {"data": 0}),
    "success false": in_status(success=False),
    "words of failure": in_status(message="Không thành công"),
    "an unknown code": in_status(code="77"),
    "no code": in_status(code=None),
    "a code of success under a 400": lambda it: Answer(400, it.body, it.headers),
    "a code of refusal beside data 1": in_status(code="10", success=False),
    "two numbers": lambda it: Answer(
        it.status, it.body.replace(b'"SoBienNhan"', b'"SoBienNhan":"x","SoBienNhan"'), it.headers
    ),
}


@pytest.mark.parametrize("habit", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_contradicts_itself_is_unknown_although_it_was_done(
    gateway: Rewriting, place: Place, number: str, habit: Habit
) -> None:
    """Never sent again without asking: the town has it, once."""
    destination = TownCenter(settings_for(gateway.url, place[0].url))
    payload = transfer(number)
    request = destination.prepare(message_of(payload), payload)

    def after(call: Call, answer: Answer) -> Answer:
        return habit(answer) if call.path == "/ho-so" else answer

    gateway.after = after
    with pytest.raises(AmbiguousFailure) as raised:
        destination.send(request)
    assert number not in raised.value.detail
    assert isinstance(destination.find(request), Receipt)
    assert effects(place[1], number) == ["dossier"]
    destination.close()


def test_a_question_has_an_operation_and_a_hash_of_its_own(place: Place, number: str) -> None:
    """The search by number, not the call that it asks about."""
    destination = TownCenter(settings_for(place[1].url, place[0].url))
    payload = transfer(number)
    request = destination.prepare(message_of(payload), payload)
    question = destination.question(request)
    assert question.operation == "TraCuuHoSo"
    assert len(question.digest) == 64
    assert question.digest != request.digest
    destination.close()
