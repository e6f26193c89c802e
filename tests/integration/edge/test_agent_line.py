"""An agent and the hub's gateway: each event once, in order, whatever is lost between them."""

import hashlib
import io
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.devices.scanner.health import ScannerFolder
from hub.bootstrap.edge import make_agent
from hub.edge.credential import Credential
from hub.edge.line import AgentRefused, CallRefused, HttpReply, HubAway, HubLine
from hub.edge.numbers import NumberKeeping, ReservedNumbers, ward_day
from hub.edge.sending.roles import LineState
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Attachment, Message
from hub.operations.clients.issuing import NotDone
from hub.operations.devices.listing import shown_devices
from hub.operations.edge import enrolling
from hub.rules.edge import protocol
from hub.rules.edge.numbers import BLOCK
from hub.rules.edge.protocol import EdgeDevice, EdgeFinding, EdgeHeartbeat, HeartbeatTaken
from hub.runtime.clock import utc_now
from hub.runtime.device_checks import DeviceChecks
from hub.store.devices import states
from hub.store.edge import numbers
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway
from tests.support.gateway.edge_agent import AGENCY, EdgeAgent, code_of, enrolled, signed

AT = datetime(2026, 11, 30, 2, tzinfo=UTC)
READER, SCANNER = "quay-2.barcode", "quay-2.scanner"


@dataclass
class LosingWire:
    """A wire that loses the answers of some calls: the hub has done what they ask for."""

    wire: Any
    lose: int

    def call(self, *arguments: Any, **named: Any) -> HttpReply:
        """Make the call."""
        reply: HttpReply = self.wire.call(*arguments, **named)
        if self.lose:
            self.lose -= 1
            raise HubAway("the answer was lost")
        return reply


def journal(store: Store) -> list[tuple[str, str]]:
    """Return (source, key) of every message in the order in which they entered."""
    with store.read() as tx:
        rows = tx.exec_driver_sql("SELECT source, key FROM journal ORDER BY rowid").all()
    return [(row[0], row[1]) for row in rows]


def scan(agent: EdgeAgent, content: bytes, *, number: str) -> Message:
    """Spool a scan."""
    file: Attachment = agent.spool.store_file(
        io.BytesIO(content), name="a.pdf", media_type="application/pdf"
    )
    payload = p.DocumentScanned(number=number, component="TP1", scanned_at=AT, device=SCANNER)
    message = catalog.compose(payload, time=AT, source=SCANNER, attachments=[file])
    agent.spool.accept(message)
    return message


def test_a_lost_answer_and_a_repeat_give_one_message(
    gateway: Gateway, agent: EdgeAgent, sqlite_store: Store
) -> None:
    """Events stay until the answer; afterwards each is there once, in the reader's order."""
    messages = [code_of(nth, AT + timedelta(seconds=nth), device=READER) for nth in range(30)]
    for message in messages:
        agent.spool.accept(message)
    agent.line.wire = LosingWire(agent.wire, lose=2)
    for _ in range(2):
        with pytest.raises(HubAway):
            agent.sender.run_once()
        assert agent.spool.state().waiting == 30
    agent.send_all()
    assert agent.spool.state().waiting == 0
    assert journal(sqlite_store) == [(READER, it.key) for it in messages]


def test_a_file_is_uploaded_in_parts_and_resumed(
    gateway: Gateway, agent: EdgeAgent, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut after each second call, the scan arrives whole, with the hash that it had."""
    monkeypatch.setattr("hub.edge.sending.uploads.PART", 1000)
    content = b"%PDF-1.4\n" + bytes(range(256)) * 30
    scan(agent, content, number=f"{AGENCY}-261130-0001")

    class CutWire:
        calls = 0

        def call(self, *arguments: Any, **named: Any) -> HttpReply:
            self.calls += 1
            if self.calls % 3 == 0:
                raise HubAway("cut")
            reply: HttpReply = agent.wire.call(*arguments, **named)
            return reply

    agent.line.wire = cut = CutWire()
    for _ in range(40):
        try:
            agent.send_all()
            break
        except HubAway:
            continue
    assert agent.spool.state().waiting == 0
    assert cut.calls > 9
    assert journal(sqlite_store) == [(SCANNER, f"{AGENCY}-261130-0001")]
    assert gateway.intake.file_size(hashlib.sha256(content).hexdigest()) == len(content)


def test_what_the_hub_refuses_stays_with_its_cause(gateway: Gateway, agent: EdgeAgent) -> None:
    """A file over the limit, and a message that is no device's: the rest arrives."""
    scan(agent, b"%PDF-1.4" + b"x" * 20_000, number=f"{AGENCY}-261130-0001")
    agent.spool.accept(code_of(1, AT, device="quay-9.barcode"))
    agent.spool.accept(code_of(2, AT, device=READER))
    agent.send_all()
    assert (agent.spool.state().refused, agent.spool.state().waiting) == (2, 0)
    causes = [row[0] for row in agent.spool.database.all("SELECT refusal FROM events")]
    assert "file_too_large" in causes[0]
    assert "quay-2.<device>" in causes[1]
    assert journal(gateway.store) == [(READER, f"{AGENCY}-261130-000002")]


@dataclass
class ProxyWire:
    """A wire with something before the hub that answers by itself."""

    status: int

    def call(self, *_arguments: Any, **_named: Any) -> HttpReply:
        """Answer."""
        return ProxyReply(self.status)


@dataclass
class ProxyReply:
    """A page for people."""

    status: int
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/html"})
    body: bytes = b"<html><h1>Not here</h1></html>"


@pytest.mark.parametrize("status", [302, 400, 404, 405])
def test_what_a_proxy_refuses_is_no_word_of_the_hub(agent: EdgeAgent, status: int) -> None:
    """While the hub is set up anew its proxy says 404: events and files wait, none is given up."""
    scan(agent, b"%PDF-1.4 made up", number=f"{AGENCY}-261130-0001")
    agent.spool.accept(code_of(2, AT, device=READER))
    agent.line.wire = ProxyWire(status)
    for role in (agent.uploader, agent.sender):
        with pytest.raises(HubAway):
            role.run_once()
    agent.line.wire = agent.wire
    agent.send_all()
    assert (agent.spool.state().refused, agent.spool.state().waiting) == (0, 0)


@pytest.mark.parametrize("content", [None, b"%PDF-1.4"], ids=["gone", "cut off"])
def test_a_file_that_the_disk_lost_holds_up_no_other(
    agent: EdgeAgent, content: bytes | None
) -> None:
    """A virus scanner took it away: its event waits for a person, the next scan arrives."""
    for nth, made in enumerate((b"%PDF-1.4 taken away", b"%PDF-1.4 made up")):
        scan(agent, made, number=f"{AGENCY}-261130-000{nth + 1}")
    place = agent.spool.files.path(hashlib.sha256(b"%PDF-1.4 taken away").hexdigest())
    place.unlink() if content is None else place.write_bytes(content)
    agent.send_all()
    assert (agent.spool.state().refused, agent.spool.state().waiting) == (1, 0)
    (row,) = agent.spool.database.all("SELECT refusal FROM events")
    assert row["refusal"] == "a.pdf: its content is not in the spool"


def test_a_device_whose_check_hangs_does_not_silence_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network share whose server is away: the heartbeat names it."""
    ended, devices = threading.Event(), tmp_path / "devices.toml"
    folder = str(tmp_path).replace("\\", "/")
    devices.write_text(f'[scanner-2]\nkind = "scanner"\nfolder = "{folder}"\n', encoding="utf-8")
    monkeypatch.setattr(ScannerFolder, "check", lambda _self: ended.wait(60) or [])
    checks = partial(DeviceChecks, within=timedelta(milliseconds=50))
    monkeypatch.setattr("hub.edge.reports.DeviceChecks", checks)
    credential = Credential(
        url="http://127.0.0.1:1", agent="quay-2", key="k", devices_file=str(devices)
    )
    made = make_agent(tmp_path / "spool", credential)
    found = made.heartbeats.report().devices
    ended.set()
    made.spool.close()
    assert [it.code for it in found[0].findings] == ["check_hangs"]


def heartbeat(agent: EdgeAgent, **changes: Any) -> None:
    """Report to the hub."""
    values = {
        "version": "1",
        "spool": agent.spool.id,
        "waiting": 0,
        "refused": 0,
        "oldest_at": None,
        "used_bytes": 1,
        "budget_bytes": 2,
        "room_days": 9,
        "skew_ms": 0,
    }
    report = EdgeHeartbeat(**{**values, **changes})
    agent.line.request(protocol.HEARTBEAT, report, HeartbeatTaken)


def codes(store: Store, device: str) -> list[str]:
    """Return the findings of a device."""
    with store.read() as tx:
        kept = {it.device: it for it in states.listing(tx)}
    return [it.code for it in kept[device].findings]


def test_a_spool_that_lost_events_is_a_finding_until_a_person_accepts_it(
    gateway: Gateway, agent: EdgeAgent, tmp_path: Path
) -> None:
    """Lost rows are a gap, a new spool is a replaced one; both end by an act with its reason."""
    for nth in range(6):
        agent.spool.accept(code_of(nth, AT, device=READER))
    lost = [it.place for it in agent.spool.sendable(events=9, size=99_999)][2:4]
    agent.spool.answered(lost)
    agent.send_all()
    heartbeat(agent)
    assert codes(gateway.store, "quay-2") == ["agent_gap"]
    other = EdgeAgent(tmp_path / "other", gateway.url, agent.line.key)
    other.spool.accept(code_of(7, AT, device=READER))
    other.send_all()
    heartbeat(other)
    other.close()
    assert codes(gateway.store, "quay-2") == ["agent_spool_replaced", "agent_gap"]
    by = signed("scanned again")
    assert enrolling.accept_gaps(gateway.store, "quay-2", by=by) == 1
    heartbeat(other)
    assert codes(gateway.store, "quay-2") == []
    with pytest.raises(NotDone):
        enrolling.accept_gaps(gateway.store, "quay-2", by=by)
    assert len(journal(gateway.store)) == 5


def test_devices_of_an_agent_are_devices_of_the_hub(gateway: Gateway, agent: EdgeAgent) -> None:
    """With their findings; a code of a newer agent is shown by its name."""
    found = [EdgeFinding(code="folder_away", evidence="no medium"), EdgeFinding(code="new_thing")]
    devices = [EdgeDevice(name="scanner", kind="scanner", place="quầy 2", findings=found)]
    heartbeat(agent, devices=devices, skew_ms=-90_000, refused=2)
    assert codes(gateway.store, "quay-2.scanner") == ["folder_away", "check_failed"]
    assert codes(gateway.store, "quay-2") == ["agent_clock_wrong", "agent_events_refused"]
    with gateway.store.read() as tx:
        kept = {it.device: it.place for it in states.listing(tx)}
        assert "room for 9 days" in kept["quay-2"]
        later = utc_now() + timedelta(minutes=3)
        silent = {it.device: it for it in shown_devices(tx, now=later)}["quay-2"]
    assert [it.code for it in silent.findings] == ["agent_silent"]
    with gateway.store.write() as tx:
        states.forget_old(tx, utc_now() + timedelta(days=9))
        assert [it.device for it in states.listing(tx)] == ["quay-2"]
        states.forget_agent(tx, "quay-2")
        assert states.listing(tx) == []


def test_numbers_are_reserved_used_and_given_back(gateway: Gateway, agent: EdgeAgent) -> None:
    """Two agents never hold the same number, and used ones are known when the line is back."""
    other_key = enrolled(gateway.store, "quay-3", agency=AGENCY)
    reserved = ReservedNumbers(agent.spool.database)
    keeping = NumberKeeping(reserved, agent.line, LineState())
    keeping.run_once()
    today = ward_day(utc_now())
    assert reserved.left(today) == BLOCK
    with agent.spool.database.write() as tx:
        agency, number = reserved.draw(tx, today)
    assert agency == AGENCY
    other = HubLine(agent.wire, other_key)
    theirs = other.request(protocol.NUMBERS, protocol.NumbersReport(), protocol.NumbersGiven).blocks
    assert {it.first for it in theirs if it.day == today} == {number + BLOCK}
    keeping.run_once()
    with gateway.store.read() as tx:
        assert [it.next for it in numbers.blocks(tx, "quay-2") if it.day == today] == [number + 1]
    enrolled(gateway.store, "quay-2", agency=AGENCY)  # anew: what its old disk drew nobody knows
    with gateway.store.read() as tx:
        assert numbers.blocks(tx, "quay-2") == []
    by = signed("broken")
    enrolling.revoke(gateway.store, "quay-2", by=by)
    with gateway.store.read() as tx:
        assert numbers.blocks(tx, "quay-2") == []


def test_a_code_opens_once_and_a_revoked_agent_nothing(
    gateway: Gateway, agent: EdgeAgent, sqlite_store: Store
) -> None:
    """A used, wrong or late code gives no key; enrolled anew, the old key ends. All is audited."""
    by = signed("new disk")
    code = enrolling.add(gateway.store, "quay-2", by=by)
    line = HubLine(agent.wire, "")

    def use(text: str) -> protocol.Enrolled:
        return line.request(protocol.ENROL, protocol.Enrolment(code=text), protocol.Enrolled)

    with pytest.raises(AgentRefused):
        use("aaaa-bbbb-cccc")
    made = use(code.text.upper())
    assert (made.agent, made.agency) == ("quay-2", AGENCY)
    with pytest.raises(AgentRefused):
        use(code.text)
    late = enrolling.add(gateway.store, "quay-4", by=by)
    after = late.until + timedelta(seconds=1)
    assert enrolling.enrol(gateway.store, late.text, address="", now=after) is None
    agent.spool.accept(code_of(1, AT, device=READER))
    enrolling.revoke(gateway.store, "quay-2", by=by)
    for key in (agent.line.key, made.key):
        agent.line.key = key
        with pytest.raises(AgentRefused):
            agent.sender.run_once()
    assert agent.spool.state().waiting == 1
    with pytest.raises(NotDone):
        enrolling.add(gateway.store, "quay-2", by=by)
    rows = gateway.audited()
    assert (
        sum(not allowed and action == "gateway.edge.enrol" for _, action, allowed, _ in rows) >= 1
    )
    with sqlite_store.read() as tx:
        done = tx.exec_driver_sql("SELECT action FROM audit WHERE action LIKE 'edge.%'").all()
    assert [row[0] for row in done].count("edge.enrol") == 2
    assert "edge.revoke" in [row[0] for row in done]


def test_no_client_but_an_agent_is_let_in(gateway: Gateway, agent: EdgeAgent) -> None:
    """The settings' token of the devices opens nothing here, and a broken body is refused."""
    line = HubLine(agent.wire, "in-token")
    with pytest.raises(AgentRefused):
        line.request(protocol.NUMBERS, protocol.NumbersReport(), protocol.NumbersGiven)
    with pytest.raises(CallRefused, match="json_broken"):
        agent.line.call("POST", protocol.EVENTS, body=b"{")
    with pytest.raises(CallRefused, match="call_invalid"):
        agent.line.call("POST", protocol.EVENTS, body=b'{"spool": "x", "events": []}')
