"""The town says in many ways that a token is over, and for how long one is good."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.simulation.process import SimulatorProcess
from adapters.town_center.destination import TownCenter
from adapters.town_center.session import TownSession
from hub.ports import Receipt
from hub.rules.failures.errors import AmbiguousFailure, NotAttempted, TransientFailure
from tests.support.partners.rewriting import Answer, Call, Rewriting, rewriting
from tests.support.partners.town import message_of, settings_for, start_town, transfer

HUB = "http://127.0.0.1:1"
_numbers = itertools.count(1)


def said(code: str, message: str = "") -> bytes:
    """Return a reply of the town with a code of its own."""
    status = {
        "success": False,
        "code": code,
        "type": "error",
        "time": "2018-07-24T08:30:00+07:00",
        "message": message,
    }
    return json.dumps({"data": 0, "SoBienNhan": "", "status": status}).encode()


ENDS = {
    "401": Answer(401),
    "403 without a body": Answer(403),
    "401 with its own code 12": Answer(401, said("12", "Phiên làm việc đã hết hạn")),
    "401 with code 11": Answer(401, said("11")),
    "200 with code 11": Answer(200, said("11")),
    "403 of a gateway": Answer(403, b"<html><body>Forbidden</body></html>"),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with start_town(tmp_path_factory.mktemp("town"), HUB) as found:
        yield found


@pytest.fixture
def gateway(town: SimulatorProcess) -> Iterator[Rewriting]:
    with rewriting(town.url) as found:
        yield found


@pytest.fixture
def destination(gateway: Rewriting) -> Iterator[TownCenter]:
    found = TownCenter(settings_for(gateway.url, HUB))
    yield found
    found.close()


@pytest.fixture
def number() -> str:
    return f"000.99.01.H57-180725-{next(_numbers):05d}"


def dossiers(town: SimulatorProcess, number: str) -> int:
    """Return how often the town has taken the dossier."""
    return sum(row["kind"] == "dossier" for row in town.effects(dossier=number))


class Over:
    """Answers calls with an old token in the place of the town."""

    def __init__(self, answer: Answer, *, for_ever: bool = False) -> None:
        self.answer = answer
        self.for_ever = for_ever
        self.old = ""
        self.logins = 0

    def __call__(self, call: Call) -> Answer | None:
        if call.path == "/token":
            self.logins += 1
            return None
        token = call.headers["authorization"]
        self.old = self.old or token
        return self.answer if token == self.old or self.for_ever else None


@pytest.mark.parametrize("how", ENDS)
def test_a_token_that_is_over_is_renewed_and_the_call_made_again(
    town: SimulatorProcess, gateway: Rewriting, destination: TownCenter, number: str, how: str
) -> None:
    """Whatever the status and the code: one new token, one effect, no dead dossier."""
    destination.ping()
    over = gateway.before = Over(ENDS[how])
    payload = transfer(number)
    assert not destination.send(destination.prepare(message_of(payload), payload)).already
    assert dossiers(town, number) == 1
    assert over.logins == 1


@pytest.mark.parametrize("field", ["data", "success", "message"])
def test_a_code_of_an_ended_token_beside_a_success_doubles_nothing(
    town: SimulatorProcess, gateway: Rewriting, destination: TownCenter, number: str, field: str
) -> None:
    """It contradicts itself: the call is not made again, and the question finds what was done."""
    reply = json.loads(said("11"))
    if field == "data":
        reply["data"] = 1
    else:
        reply["status"][field] = {"success": True, "message": "Thành công"}[field]
    left = [Answer(200, json.dumps(reply).encode(), {"content-type": "application/json"})]
    payload = transfer(number)
    request = destination.prepare(message_of(payload), payload)
    destination.ping()
    gateway.after = lambda _call, real: left.pop() if left else real
    with pytest.raises(AmbiguousFailure):
        destination.send(request)
    assert isinstance(destination.find(request), Receipt)
    assert dossiers(town, number) == 1


@pytest.mark.parametrize("how", ["403 without a body", "403 of a gateway"])
def test_a_403_under_a_fresh_token_holds_the_dossier(
    town: SimulatorProcess, gateway: Rewriting, destination: TownCenter, number: str, how: str
) -> None:
    """Only that is a missing right; nothing is dead, nothing uses up its attempts."""
    gateway.before = Over(ENDS[how], for_ever=True)
    payload = transfer(number)
    request = destination.prepare(message_of(payload), payload)
    with pytest.raises(NotAttempted, match="partner_forbidden"):
        destination.send(request)
    gateway.before = lambda _call: None
    destination.send(request)
    assert dossiers(town, number) == 1


def test_a_401_with_a_foreign_code_under_a_fresh_token_is_a_login(
    gateway: Rewriting, destination: TownCenter, number: str
) -> None:
    """Code 12 speaks with 403 only: with 401 it is no missing right, and nothing dies."""
    gateway.before = Over(ENDS["401 with its own code 12"], for_ever=True)
    payload = transfer(number)
    with pytest.raises(TransientFailure, match="partner_login"):
        destination.send(destination.prepare(message_of(payload), payload))


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (3600, 3570),
        ("3600", 3570),
        (" 3600 ", 3570),
        (3600.0, 3570),
        ("60", 54),
        (None, 270),
        ("", 270),
        ("soon", 270),
        (0, 270),
        (-1, 270),
        (True, 270),
        (1e12, 270),
        ("nan", 270),
        ([3600], 3570),
        ("missing", 270),
    ],
)
def test_the_lifetime_of_a_token_is_read_or_cautious(
    gateway: Rewriting, told: Any, seconds: int
) -> None:
    """A number, a number as text, null, nothing: none of them stops the exchange."""

    def after(call: Call, answer: Answer) -> Answer:
        if call.path != "/token":
            return answer
        body = json.loads(answer.body) | {"expires_in": told}
        if told == "missing":
            del body["expires_in"]
        return Answer(answer.status, json.dumps(body).encode())

    gateway.after = after
    now = [1000.0]
    session = TownSession(settings_for(gateway.url, HUB), clock=lambda: now[0])
    first = session.token()
    now[0] += seconds - 1
    assert session.token() == first
    now[0] += 2
    assert session.token() != first
    session.close()
