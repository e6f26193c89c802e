"""A workstation whose disk was copied: no number for two citizens, and nothing is lost."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from hub.bootstrap.edge import open_spool
from hub.cli import app
from hub.edge.credential import load
from hub.edge.numbers import NumberKeeping, ReservedNumbers
from hub.edge.receiving import receive
from hub.edge.reports import Heartbeats
from hub.edge.sending.roles import LineState
from hub.operations.edge import enrolling
from hub.runtime.clock import utc_now
from hub.store.devices import states
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway
from tests.support.gateway.edge_agent import AGENCY, EdgeAgent, code_of, enrolled, signed

FORM = {
    "maTTHC": "1.004206",
    "thanhPhanHoSo": [{"maThanhPhan": "TP1", "tenThanhPhan": "Đơn"}],
    "nguoiTiepNhan": "Trần Thị Mẫu",
}


@pytest.fixture
def pair(gateway: Gateway, tmp_path: Path) -> Iterator[tuple[EdgeAgent, EdgeAgent]]:
    """`quay-2`, which has sent a code and holds numbers, and a copy of its directory."""
    key = enrolled(gateway.store, "quay-2", agency=AGENCY)
    one = EdgeAgent(tmp_path / "one", gateway.url, key)
    one.spool.accept(code_of(1, utc_now(), device="quay-2.barcode"))
    one.send_all()
    keep_numbers(one)
    one.spool.database.one("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    two = EdgeAgent(tmp_path / "two", gateway.url, key)
    yield one, two
    one.close()
    two.close()


def keep_numbers(agent: EdgeAgent) -> ReservedNumbers:
    """Exchange numbers with the hub."""
    reserved = ReservedNumbers(agent.spool.database)
    NumberKeeping(reserved, agent.line, LineState()).run_once()
    return reserved


def take_in(agent: EdgeAgent, citizen: str, *, name: str = "quay-2") -> str:
    """Take a dossier in at a workstation; return its number."""
    form = msgspec.json.encode({**FORM, "chuHoSo": {"hoTen": citizen}})
    return receive(agent.spool, name, form, now=utc_now())


def refusals(agent: EdgeAgent) -> list[str]:
    """Return why the hub refused what is still there."""
    rows = agent.spool.database.all("SELECT refusal FROM events ORDER BY place")
    return [str(row[0]).partition(" ")[0] for row in rows]


def findings(store: Store, agent: EdgeAgent) -> dict[str, str]:
    """Report, and return the findings of the agent."""
    Heartbeats(agent.spool, agent.line, LineState()).run_once()
    with store.read() as tx:
        kept = states.find(tx, "quay-2")
    assert kept is not None
    return {it.code: it.evidence for it in kept.findings}


def receptions(store: Store) -> list[str]:
    """Return the citizens whose dossiers the hub has."""
    with store.read() as tx:
        rows = tx.exec_driver_sql(
            "SELECT body FROM journal WHERE type = 'dossier.received' ORDER BY rowid"
        ).all()
    return [json.loads(row[0])["payload"]["chuHoSo"]["hoTen"] for row in rows]


def test_one_number_never_is_two_dossiers(
    gateway: Gateway, pair: tuple[EdgeAgent, EdgeAgent]
) -> None:
    """The second is refused and stays; a person is told which number, and no more are given."""
    one, two = pair
    number = take_in(one, "Lê Văn Mẫu")
    assert take_in(two, "Phạm Thị Thử") == number
    one.send_all()
    two.send_all()
    assert receptions(gateway.store) == ["Lê Văn Mẫu"]
    assert refusals(two) == ["agent_copied"]
    assert number in findings(gateway.store, two)["agent_copied"]
    assert number in findings(gateway.store, one)["agent_copied"]
    assert keep_numbers(one).blocks() == []


def test_a_number_under_another_sequence_is_found_too(
    gateway: Gateway, pair: tuple[EdgeAgent, EdgeAgent]
) -> None:
    """Even where the first reception was set aside, which a second one would replace."""
    one, two = pair
    number = take_in(one, "Lê Văn Mẫu")
    assert take_in(two, "Phạm Thị Thử") == number
    one.send_all()
    with gateway.store.write() as tx:
        tx.exec_driver_sql(
            "UPDATE journal SET state = 'parked', code = 'x' WHERE key = ?", (number,)
        )
    with two.spool.database.write() as tx:
        tx.execute("UPDATE events SET sequence = 2")
    two.send_all()
    assert receptions(gateway.store) == ["Lê Văn Mẫu"]
    assert refusals(two) == ["agent_copied"]
    assert number in findings(gateway.store, two)["agent_copied"]


def test_a_copy_is_proved_by_any_event(gateway: Gateway, pair: tuple[EdgeAgent, EdgeAgent]) -> None:
    """A repeat is none: neither a lost answer nor an event that was refused proves anything."""
    one, two = pair
    event = code_of(2, utc_now(), device="quay-2.barcode")
    for agent in (one, two):  # the same event, as after a lost answer
        agent.spool.accept(event)
        agent.send_all()
    malformed = code_of(2, utc_now(), device="quay-2.barcode")
    malformed = msgspec.structs.replace(malformed, id="again", key="another")
    one.spool.accept(malformed)
    for _ in range(2):  # the answer was lost, and its number is used
        one.send_all()
        assert refusals(one) == ["envelope_invalid"]
        with one.spool.database.write() as tx:
            tx.execute("UPDATE events SET refusal = NULL")
    one.spool.answered(it.place for it in one.spool.sendable(events=9, size=99_999))
    assert "agent_copied" not in findings(gateway.store, two)
    one.spool.accept(code_of(3, utc_now(), device="quay-2.barcode"))
    two.spool.accept(code_of(4, utc_now(), device="quay-2.barcode"))
    one.send_all()
    two.send_all()
    assert refusals(one) == []
    assert refusals(two) == ["agent_copied"]


def hub(*words: str, expect: int = 0) -> dict[str, Any]:
    """Run a command of the workstation; return its document."""
    ran = CliRunner().invoke(app, ["edge", *words, "--json"])
    assert ran.exit_code == expect, ran.output
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def enroll(gateway: Gateway, directory: Path, name: str) -> EdgeAgent:
    """Enrol a directory by the command, and return its agent."""
    code = enrolling.add(gateway.store, name, agency=AGENCY, by=signed())
    hub("enroll", gateway.url, code.text, "--directory", str(directory))
    credential = load(directory)
    made = EdgeAgent(directory, gateway.url, credential.key)
    open_spool(directory, credential).close()
    return made


def test_what_waits_survives_a_new_name(gateway: Gateway, tmp_path: Path) -> None:
    """A reception with its number, and a code. The refused one stays until a person decides."""
    place = tmp_path / "edge"
    old = enroll(gateway, place, "quay-2")
    keep_numbers(old)
    number = take_in(old, "Lê Văn Mẫu")
    old.spool.accept(code_of(1, utc_now(), device="quay-2.barcode"))
    old.spool.accept(code_of(2, utc_now(), device="quay-9.barcode"))  # no device of this agent
    with old.spool.database.write() as tx:
        tx.execute("UPDATE events SET refusal = 'x $: y' WHERE device = 'quay-9.barcode'")
    old.close()
    enrolling.revoke(gateway.store, "quay-2", by=signed("lost"))
    new = enroll(gateway, place, "quay-3")
    new.send_all()
    assert receptions(gateway.store) == ["Lê Văn Mẫu"]
    assert new.spool.state().waiting == 0
    (event,) = hub("refused", "--directory", str(place))["refused_events"]
    assert (event["device"], event["why"]) == ("quay-3.barcode", "x $: y")
    hub("resend", str(event["id"]), "--directory", str(place))
    new.send_all()
    assert hub("refused", "--directory", str(place))["refused_events"] == []
    with gateway.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT source, key FROM journal ORDER BY rowid").all()
    assert ("quay-3.counter", number) in [(row[0], row[1]) for row in rows]
    assert [row[0] for row in rows].count("quay-3.barcode") == 2
    why = ("--reason", "x", "--actor", "Trần Thị Mẫu", "--directory", str(place))
    hub("discard", "77", *why, expect=1)
    new.close()


def test_the_copy_goes_on_after_it_was_enrolled_anew(gateway: Gateway, tmp_path: Path) -> None:
    """Its scans come by themselves; the number that another citizen has is named, and refused."""
    one = enroll(gateway, tmp_path / "one", "quay-2")
    keep_numbers(one)
    one.spool.database.one("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    two = EdgeAgent(tmp_path / "two", gateway.url, one.line.key)
    number = take_in(one, "Lê Văn Mẫu")
    take_in(two, "Phạm Thị Thử")
    for nth, agent in enumerate((one, two)):
        agent.spool.accept(code_of(nth, utc_now(), device="quay-2.barcode"))
        agent.send_all()
    assert refusals(two) == ["agent_copied", "agent_copied"]
    assert number in findings(gateway.store, two)["agent_copied"]
    two.close()
    told = hub("receive", os.devnull, "--directory", str(tmp_path / "two"), expect=1)
    assert "was enrolled on another machine" in told["refusals"][0]
    two = enroll(gateway, tmp_path / "two", "quay-3")
    two.send_all()
    assert refusals(two) == ["content_differs"]
    assert receptions(gateway.store) == ["Lê Văn Mẫu"]
    one.close()
    one = enroll(gateway, tmp_path / "one", "quay-2")
    assert findings(gateway.store, one) == {}
    keep_numbers(one)
    assert take_in(one, "Ngô Văn Thử") != number
    one.close()
    two.close()
