"""What an agent may say: bounded values, its own devices, acts of its own agency; the rest breaks
nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.edge.line import CallRefused
from hub.edge.numbers import NumberKeeping, ReservedNumbers, ward_day
from hub.edge.sending.roles import LineState
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.operations.clients.issuing import NotDone
from hub.operations.edge import enrolling
from hub.rules.edge import protocol
from hub.rules.edge.numbers import number_of
from hub.rules.edge.protocol import MOST_DEVICES, HeartbeatTaken
from hub.runtime.clock import utc_now
from hub.store.devices import states
from hub.store.edge import agents, sequences
from hub.store.edge.sequences import KEPT, MOST_SPOOLS, Arrived
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway
from tests.support.gateway.edge_agent import AGENCY, EdgeAgent, code_of, enrolled, signed

AT = datetime(2026, 11, 30, 2, tzinfo=UTC)
WELL: dict[str, Any] = {
    "version": "1",
    "spool": "0" * 32,
    "waiting": 0,
    "refused": 0,
    "oldest_at": None,
    "used_bytes": 1,
    "budget_bytes": 2,
    "room_days": None,
    "skew_ms": 0,
}


def beat(agent: EdgeAgent, **changes: Any) -> None:
    """Report to the hub, whatever it is."""
    body = msgspec.json.encode({**WELL, **changes})
    reply = agent.line.call("POST", protocol.HEARTBEAT, body=body)
    msgspec.json.decode(reply.body, type=HeartbeatTaken)


def device(name: str, **changes: Any) -> dict[str, Any]:
    """Return a device of a report."""
    return {"name": name, "kind": "printer", **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"skew_ms": 10**30},
        {"skew_ms": -(10**16)},
        {"skew_ms": "1"},
        {"room_days": 10**9},
        {"waiting": 2**70},
        {"oldest_at": "2026-11-30T09:00:00"},  # of no zone
        {"spool": "../x"},
        {"devices": [device("../x")]},
        {"devices": [device("Máy in")]},
        {"devices": [device("a.b")]},
        {"devices": [device("x" * 41)]},
        {"devices": [device("a", kind="x\n")]},
        {"devices": [device(f"d{it}") for it in range(MOST_DEVICES + 1)]},
    ],
)
def test_a_foreign_value_is_refused_and_changes_nothing(
    gateway: Gateway, agent: EdgeAgent, changes: dict[str, Any]
) -> None:
    """The call names the place; the agent is as it said before."""
    beat(agent, waiting=3)
    with pytest.raises(CallRefused, match=r"call_invalid|json_broken"):
        beat(agent, **changes)
    with gateway.store.read() as tx:
        known = agents.find(tx, "quay-2")
    assert known is not None
    assert known.report is not None
    assert known.report.waiting == 3


def test_a_clock_of_1970_and_one_of_the_future_are_findings(
    gateway: Gateway, agent: EdgeAgent
) -> None:
    """The widest skew is a number of seconds that fits; the oldest event is not of tomorrow."""
    beat(agent, skew_ms=protocol.MOST_SKEW_MS, oldest_at="9999-12-31T23:59:59Z")
    with gateway.store.read() as tx:
        (kept,) = states.listing(tx)
        known = agents.find(tx, "quay-2")
    assert [it.code for it in kept.findings] == ["agent_clock_wrong"]
    assert known is not None
    assert known.report is not None
    assert known.report.oldest_at is not None
    assert known.report.oldest_at <= utc_now()


def test_a_report_that_an_older_hub_took_is_none(gateway: Gateway, agent: EdgeAgent) -> None:
    """Beyond today's bounds it cannot be read; the list of the agents still can."""
    with gateway.store.write() as tx:
        kept = msgspec.json.encode({**WELL, "skew_ms": 10**18}).decode()
        tx.exec_driver_sql("UPDATE edge_agents SET report = ?", (kept,))
        (known,) = agents.all_of(tx)
    assert known.report is None


def test_an_agent_has_the_devices_that_it_was_enrolled_with(
    gateway: Gateway, tmp_path: Path
) -> None:
    """Another one is a finding until a person accepts it; one that went leaves the list."""
    store = gateway.store
    code = enrolling.add(store, "quay-7", by=signed())
    made = enrolling.enrol(store, code.text, devices=["may-in", "quet"], address="", now=utc_now())
    assert made is not None
    agent = EdgeAgent(tmp_path / "edge", gateway.url, made.key)
    beat(agent, devices=[device("may-in"), device("quet"), device("la")])
    assert _names(store) == ["quay-7", "quay-7.may-in", "quay-7.quet"]
    with store.read() as tx:
        found = states.find(tx, "quay-7")
    assert found is not None
    assert [(it.code, it.evidence) for it in found.findings] == [("agent_device_new", "la")]
    assert enrolling.accept_devices(store, "quay-7", by=signed("new")) == ["la"]
    with pytest.raises(NotDone):
        enrolling.accept_devices(store, "quay-7", by=signed("new"))
    beat(agent, devices=[device("la")])
    assert _names(store) == ["quay-7", "quay-7.la"]
    agent.close()


def _names(store: Store) -> list[str]:
    with store.read() as tx:
        return [it.device for it in states.listing(tx)]


def reception(number: str) -> Message:
    """Return a reception at the workstation."""
    payload = p.DossierReceived(
        number=number,
        procedure="1.004206",
        applicant=p.Applicant(name="Lê Văn Mẫu"),
        components=(p.Component(code="TP1", name="Đơn"),),
        received_at=AT,
        officer="Trần Thị Mẫu",
    )
    return catalog.compose(payload, time=AT, source="quay-2.counter")


def refusals(agent: EdgeAgent, *messages: Message) -> list[str]:
    """Send messages; return why the hub refused some."""
    for message in messages:
        agent.spool.accept(message)
    agent.send_all()
    rows = agent.spool.database.all("SELECT refusal FROM events ORDER BY place")
    return [row["refusal"] for row in rows]


def test_an_agent_acts_for_its_own_agency(gateway: Gateway, agent: EdgeAgent) -> None:
    """With a number that it holds. A code that was read may be of any agency's dossier."""
    reserved = ReservedNumbers(agent.spool.database)
    NumberKeeping(reserved, agent.line, LineState()).run_once()
    today = ward_day(utc_now())
    with agent.spool.database.write() as tx:
        agency, running = reserved.draw(tx, today)
    own = number_of(agency, today, running)
    foreign = code_of(1, AT, device="quay-2.barcode")
    other = p.BarcodeScanned(
        number="000.88.88.H57-261130-0001",
        station=p.Station.RETURN,
        scanned_at=AT,
        device="quay-2.barcode",
    )
    found = refusals(
        agent,
        reception(own),
        foreign,
        catalog.compose(other, time=AT, source="quay-2.barcode"),
        reception("000.88.88.H57-261130-900001"),
        reception(number_of(agency, today, running + 5000)),
        reception(number_of(agency, today, 7)),
    )
    assert len(found) == 3
    assert "not for 000.88.88.H57" in found[0]
    assert "was not reserved for quay-2" in found[1]
    assert "was not reserved for quay-2" in found[2]


def test_an_agent_does_not_speak_for_the_hub(gateway: Gateway, agent: EdgeAgent) -> None:
    """Orders to printers and partners are the hub's own messages."""
    wanted = p.PaperToPrint(
        number=f"{AGENCY}-261130-0001",
        paper="control-slip",
        title="Phiếu",
        printer="may-in",
        requested_by="Cán bộ Thử",
    )
    (why,) = refusals(agent, catalog.compose(wanted, time=AT, source="quay-2.counter"))
    assert "devices.paper is not said by a workstation" in why


def test_the_sequences_of_an_agent_have_an_end(gateway: Gateway) -> None:
    """However many devices and spools it names; old spools leave after ninety days."""
    store, now = gateway.store, utc_now()
    enrolled(store, "quay-2")

    def arrive(spool: int, device: str, at: datetime) -> None:
        with store.write() as tx:
            sequences.arrive(tx, Arrived("quay-2", f"{spool:032x}", device, (1,)), now=at)

    for nth in range(MOST_DEVICES + 5):
        arrive(0, f"quay-2.d{nth}", now)
    assert _count(store) == MOST_DEVICES
    for nth in range(1, MOST_SPOOLS + 3):
        arrive(nth, "quay-2.a", now + timedelta(seconds=nth))
    assert _count(store) == MOST_SPOOLS
    present = MOST_SPOOLS + 2
    with store.write() as tx:
        report = protocol.EdgeHeartbeat(**{**WELL, "spool": f"{present:032x}"})
        agents.heard(tx, "quay-2", report, now=now)
        sequences.forget_old(tx, now + KEPT - timedelta(hours=1))
        assert len(sequences.of_agent(tx, "quay-2")) == MOST_SPOOLS
        sequences.forget_old(tx, now + 2 * KEPT)
        assert [it.spool for it in sequences.of_agent(tx, "quay-2")] == [f"{present:032x}"]
        agents.revoke(tx, "quay-2", now=now)
        sequences.forget_old(tx, now + 2 * KEPT)
        assert sequences.of_agent(tx, "quay-2") == []


def _count(store: Store) -> int:
    with store.read() as tx:
        return len(sequences.of_agent(tx, "quay-2"))
