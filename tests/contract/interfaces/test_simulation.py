"""The kit for simulated partners does what its faults say, and its ledger tells it truly."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.ledger import read_effects, read_summary
from adapters.simulation.process import SimulatorFailed, SimulatorProcess
from adapters.wire.http import Limits, Wire
from adapters.wire.reading.documents.json import read_json
from adapters.wire.replies import expect_success
from hub.rules.failures.errors import AmbiguousFailure, DeliveryFailure, TransientFailure

ECHO = "tests.support.partners.echo_partner"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    ledger = tmp_path_factory.mktemp("echo") / "ledger.db"
    with SimulatorProcess.start(ECHO, ledger=ledger) as process:
        yield process


@pytest.fixture
def echo(shared: SimulatorProcess) -> SimulatorProcess:
    shared.clear_faults()
    return shared


@pytest.fixture
def wire(echo: SimulatorProcess) -> Iterator[Wire]:
    limits = Limits(reply_timeout=timedelta(seconds=10), reply_bytes=1024 * 1024)
    line = Wire(echo.url, limits=limits)
    yield line
    line.close()


def events(echo: SimulatorProcess) -> int:
    return int(echo.ledger()["events"])


def call(wire: Wire, target: str = "/A?1") -> object:
    """Call the partner as a careful adapter would and return what it said."""
    reply = wire.call("POST", target, reply_timeout=timedelta(seconds=10))
    expect_success(reply)
    said = read_json(reply)
    if not isinstance(said, dict) or said.get("number") != target[1:2]:
        raise AmbiguousFailure("reply_unreadable", "another dossier")
    return said


DONE = [
    (FaultKind.DROP_AFTER_ACCEPT, AmbiguousFailure, "reply_dropped"),
    (FaultKind.SERVER_ERROR, AmbiguousFailure, "reply_server_error"),
    (FaultKind.HTML, AmbiguousFailure, "reply_unreadable"),
    (FaultKind.TRUNCATED, AmbiguousFailure, "reply_unreadable"),
    (FaultKind.WRONG_ENCODING, AmbiguousFailure, "reply_unreadable"),
    (FaultKind.OTHER_DOSSIER, AmbiguousFailure, "reply_unreadable"),
    (FaultKind.HUGE, AmbiguousFailure, "reply_unreadable"),
    (FaultKind.REDIRECT, AmbiguousFailure, "reply_unreadable"),
    (FaultKind.DEEP, AmbiguousFailure, "reply_unreadable"),
    (FaultKind.ENTITIES, AmbiguousFailure, "reply_unreadable"),
]


@pytest.mark.parametrize(("kind", "failure", "code"), DONE)
def test_what_is_done_before_a_bad_reply_is_in_the_ledger(
    echo: SimulatorProcess,
    wire: Wire,
    kind: FaultKind,
    failure: type[DeliveryFailure],
    code: str,
) -> None:
    """The caller cannot know the effect, the ledger has it, and the fault is counted once."""
    before, counted = events(echo), echo.ledger()["faults"].get(kind, 0)
    echo.set_faults([Fault(kind=kind, remaining=1)])
    with pytest.raises(failure) as raised:
        call(wire)
    assert raised.value.code == code
    assert events(echo) == before + 1
    assert echo.ledger()["faults"][kind] == counted + 1
    assert call(wire)
    assert echo.faults() == []


def test_busy_is_certainly_without_effect(echo: SimulatorProcess, wire: Wire) -> None:
    """503 with Retry-After: nothing is recorded, and the wait asked for arrives."""
    before = events(echo)
    echo.set_faults([Fault(kind=FaultKind.BUSY, seconds=7, remaining=1)])
    with pytest.raises(TransientFailure, match="partner_busy") as raised:
        call(wire)
    assert raised.value.retry_after == timedelta(seconds=7)
    assert events(echo) == before


def test_down_closes_the_port_and_up_opens_the_same(echo: SimulatorProcess, wire: Wire) -> None:
    """While down, a connection is refused: certainly no effect. Afterwards the address is valid."""
    call(wire)
    echo.set_faults([Fault(kind=FaultKind.DOWN)])
    for _ in range(2):  # over a connection kept from before, then over a new one
        with pytest.raises(TransientFailure, match="partner_unreachable"):
            call(wire)
    echo.clear_faults()
    assert call(wire)
    assert echo.ledger()["faults"]["down"] == 1


def test_late_reply_is_a_timeout_with_effect(echo: SimulatorProcess, wire: Wire) -> None:
    """The caller gives up before the reply; the effect is there all the same."""
    before = events(echo)
    echo.set_faults([Fault(kind=FaultKind.LATE, seconds=3600, remaining=1)])
    with pytest.raises(AmbiguousFailure, match="reply_timeout"):
        wire.call("POST", "/A?1", reply_timeout=timedelta(seconds=0.2))
    pause, end = threading.Event(), time.monotonic() + 20
    while events(echo) == before and time.monotonic() < end:
        pause.wait(0.02)  # a busy machine reads the call after its caller gave up
    assert events(echo) == before + 1


def test_a_reply_sent_twice_never_answers_the_next_call(echo: SimulatorProcess, wire: Wire) -> None:
    """The stray second reply is not taken for the reply of another dossier's call."""
    for number in "ABCD":
        echo.set_faults([Fault(kind=FaultKind.TWICE, remaining=1)])
        assert call(wire, f"/{number}?1") == {"number": number, "message": "đã nhận"}


def test_a_fault_keeps_to_its_operations(echo: SimulatorProcess, wire: Wire) -> None:
    """A fault for one operation leaves the others alone and is not used up by them."""
    fault = Fault(kind=FaultKind.BUSY, operations=("PUT",), remaining=1)
    echo.set_faults([fault])
    assert call(wire)
    assert echo.faults() == [fault]
    assert wire.call("PUT", "/A?1").status == 503


def test_the_ledger_sees_duplicates_and_inversions(tmp_path: Path) -> None:
    """The same effect twice and an older event after a newer one are counted, in a file that
    outlives the simulator."""
    path = tmp_path / "ledger.db"
    with SimulatorProcess.start(ECHO, ledger=path) as process:
        line = Wire(process.url)
        for target in ("/A?3", "/A?3", "/A?1", "/A?2", "/B?1"):
            line.call("POST", target)
        line.close()
        counts = process.ledger()
        listed = process.effects(dossier="A")
    assert counts["duplicates"] == 1
    assert counts["out_of_order"] == 2
    assert counts["events"] == 5
    assert [row["key"] for row in listed] == ["3", "3", "1", "2"]
    assert read_summary(path) == counts
    assert [effect.dossier for effect in read_effects(path)] == ["A", "A", "A", "A", "B"]


def test_a_broken_order_to_the_control_port_changes_nothing(echo: SimulatorProcess) -> None:
    """An unknown fault is refused with a reason."""
    control = Wire(echo.control_url)
    reply = control.call("PUT", "/_control/faults", body=b'[{"kind": "mood"}]')
    control.close()
    assert reply.status == 400
    assert echo.faults() == []


def test_a_simulator_that_cannot_start_says_so(tmp_path: Path) -> None:
    """A module that ends without a ready line is an error at once, not a hang."""
    with pytest.raises(SimulatorFailed, match="no ready line"):
        SimulatorProcess.start("tests.support.no_such_module", ledger=tmp_path / "ledger.db")
