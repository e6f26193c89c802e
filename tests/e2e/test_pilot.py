"""The pilot, small: the whole hub with both simulators, without faults and with them."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hub.drill.pilot import run as pilot
from hub.drill.pilot.report import check
from hub.drill.sandbox import programs
from hub.messages.envelope import decode
from hub.store.engine.store import Store
from tests.support.personal import KEPT, applicants, files_with, tables_with


def play(directory: Path, **options: Any) -> dict[str, Any]:
    """Run the pilot quietly and return its report."""
    console = Console(file=StringIO(), width=120)
    return pilot.run(pilot.Options(directory=directory / "demo", **options), console)


def settled(report: dict[str, Any], dossiers: int) -> None:
    """Check that every dossier is where it should be, by every record there is."""
    assert report["problems"] == []
    assert report["accepted"] == report["digitised"] == dossiers
    assert report["settled_in_time"] + report["in_process_in_time"] == dossiers
    assert report["late"] == 0
    for name, ledger in report["ledger"].items():
        states = report["balance"][name]
        assert states["accepted"] == states["delivered"] + states["superseded"] > 0
        wrong = ("duplicates", "out_of_order", "missing", "unknown_to_hub")
        assert [ledger[key] for key in wrong] == [0, 0, 0, 0]
    assert report["ledger"]["provincial"]["dossiers"] == dossiers
    assert report["ledger"]["town_center"]["dossiers"] == report["inter_level"] > 0


def supplements(directory: Path) -> list[int]:
    """Return how many papers the town was given with each supplement."""
    store = Store(f"sqlite:///{directory}/demo/hub/hub.db")
    with store.read() as tx:
        rows = tx.exec_driver_sql("SELECT body FROM journal WHERE type = 'town.supplement'").all()
    store.close()
    return [len(decode(row.body).attachments) for row in rows]


def no_personal_data_beside_the_messages(directory: Path) -> None:
    """Check that logs, reports and all other tables hold nothing of the demo's people.

    What is a message or a dossier holds it, and so do the partners and the broker's own files.
    """
    store = Store(f"sqlite:///{directory}/demo/hub/hub.db")
    people = applicants(store)
    tables = tables_with(store, people)
    store.close()
    assert len(people) > 50
    assert tables
    assert tables <= KEPT
    known = ("demo/hub/hub.db", "demo/province.db", "demo/town.db", "demo/rabbit/")
    assert [it for it in files_with(directory, people) if not it.startswith(known)] == []


@pytest.mark.long
def test_fair_weather_on_the_in_process_broker(tmp_path: Path) -> None:
    """Nothing but Python is needed; the province is called through REST. Each time a smaller one
    runs in tests/contract/store/connections/test_no_scans.py."""
    report = play(tmp_path, dossiers=70, broker="memory", faults=False, province_mode="rest")
    settled(report, 70)
    assert (report["broker"], report["faults_injected"]) == ("memory", {})
    assert supplements(tmp_path) == [2]
    no_personal_data_beside_the_messages(tmp_path)


def test_foul_weather_on_rabbitmq(tmp_path: Path) -> None:
    """The province goes down, replies are lost, callbacks come doubled and reordered, the broker is
    killed and comes back: the figures are those without faults. A report that does not agree makes
    the demo fail: the check itself is checked."""
    programs.rabbitmq_server()  # without it the pilot would take the in-process broker
    report = play(tmp_path, dossiers=74)
    settled(report, 74)
    assert report["broker"] == "rabbitmq"
    assert supplements(tmp_path) == [2]
    assert {"broker_killed", "down", "drop_after_accept", "busy"} <= set(report["faults_injected"])
    no_personal_data_beside_the_messages(tmp_path)
    assert check(report) == []
    report["balance"]["provincial"]["delivered"] -= 1
    report["ledger"]["town_center"]["duplicates"] = 1
    assert len(check(report)) == 2
