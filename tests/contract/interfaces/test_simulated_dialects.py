"""A simulated partner that speaks a dialect: the ledger stays the truth, whatever is said."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.provincial.mapping import Fields, dossier_fields, step_fields
from adapters.simulation.dialects.tables import DIALECTS
from adapters.simulation.process import SimulatorFailed, SimulatorProcess
from adapters.wire.http import Limits, Reply, Wire
from hub.rules.failures.errors import DeliveryFailure
from tests.support.partners.province import (
    PASSWORD,
    USERNAME,
    dossier,
    effects,
    start_province,
    step,
)


class Caller:
    """Speaks JSON with the province, plainly: what comes back is not judged."""

    def __init__(self, url: str) -> None:
        self.wire = Wire(url, limits=Limits(reply_timeout=timedelta(seconds=10)))
        login = {"username": USERNAME, "password": PASSWORD, "madonvi": "x"}
        reply = self.wire.call("POST", "/mapi/login", body=msgspec.json.encode(login))
        self.session: str = msgspec.json.decode(reply.body)["session"]

    def call(self, service: str, **arguments: object) -> Reply:
        said = {"session": self.session, "service": service, "madonvi": "x", **arguments}
        return self.wire.call("POST", "/mapi/g", body=msgspec.json.encode(said))

    def register(self, number: str) -> Reply:
        record = dossier_fields(dossier(number), [], file_base_url="http://127.0.0.1:1/files")
        return self.call("DongBoHoSoMC", isUpdating="False", data=[record])

    def add_step(self, number: str, hours: int = 1) -> Reply:
        at = dossier(number).received_at + timedelta(hours=hours)
        return self.call("CapNhatTienDoHoSoMC", data=[step_fields(step(number, at=at))])

    def look_up(self, number: str) -> list[Fields]:
        """Return the steps as the province shows them; none where it shows no dossier."""
        reply = self.call("TraCuuHoSo", mahoso=number)
        found = msgspec.json.decode(reply.body)["result"]
        return list(found[0]["TienDo"]) if found else []


@pytest.fixture
def caller(province: SimulatorProcess) -> Iterator[Caller]:
    found = Caller(province.url)
    yield found
    found.wire.close()


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "gateway"])
def test_every_dialect_does_its_work_once(
    province: SimulatorProcess, caller: Caller, number: str, dialect: str
) -> None:
    """A dialect changes what is said, not what is done: two calls, two effects.

    The gateway has a test of its own: it may keep a call to itself.
    """
    before = sum(province.spoken().values())
    province.speak(dialect)
    for call in (caller.register, caller.add_step):
        # A form of HTTP that the caller cannot read is said after the work, too.
        with suppress(DeliveryFailure):
            call(number)
    assert effects(province, number) == ["dossier", "event"]
    assert sum(province.spoken().values()) > before


def test_a_replica_shows_what_was_done_some_time_ago(
    province: SimulatorProcess, caller: Caller, number: str
) -> None:
    """Not there at once, although the ledger has it; there when the lag has passed."""
    caller.register(number)
    caller.add_step(number)
    province.speak("replica", lag_seconds=3600)
    assert caller.look_up(number) == []
    assert effects(province, number) == ["dossier", "event"]
    province.speak("replica", lag_seconds=0)
    assert len(caller.look_up(number)) == 1


def test_a_look_up_of_the_newest_steps_shows_no_older_ones(
    province: SimulatorProcess, caller: Caller, number: str
) -> None:
    """Three of five steps, the newest."""
    caller.register(number)
    for hours in range(1, 6):
        caller.add_step(number, hours)
    all_steps = caller.look_up(number)
    province.speak("last_steps", last_steps=3)
    assert caller.look_up(number) == all_steps[-3:]


def test_a_gateway_answers_before_the_work_is_done(
    province: SimulatorProcess, caller: Caller, number: str
) -> None:
    """5xx of its own: nothing done, done, or done later; never more than once for a call."""
    caller.register(number)
    doubled = province.ledger()["duplicates"]
    province.speak("gateway_errors")
    statuses = {caller.add_step(number, hours).status for hours in range(1, 13)}
    assert statuses <= {502, 503, 504}
    pause = threading.Event()
    while province.busy():  # what the gateway passed on late
        pause.wait(0.02)
    assert 1 < len(effects(province, number)) < 13
    assert province.ledger()["duplicates"] == doubled


def test_the_control_port_refuses_a_dialect_that_is_not_there(province: SimulatorProcess) -> None:
    """A misspelt name is told with the names that there are."""
    with pytest.raises(SimulatorFailed, match="there are dotnet, axis, php"):
        province.speak("dot-net")


def test_the_command_line_takes_a_dialect(tmp_path: Path) -> None:
    """`--dialect` holds from the first reply on."""
    with start_province(tmp_path, "--dialect", "node,minutes", "--seed", "5") as province:
        caller = Caller(province.url)
        caller.register("000.99.01.H57-180724-99999")
        caller.wire.close()
        assert province.spoken()["extra_keys"] == 2
        assert province.spoken()["minutes"] == 2
