"""A step of the town that never came is shown to the operator, with what to do."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.exchange.outbox.emit import emit
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Store
from hub.store.messages import journal
from hub.store.monitoring import attention
from hub.store.records import legs

MONDAY = datetime(2018, 8, 6, 8, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
NUMBER = "000.99.01.H57-180806-0001"
LAND = "1.003003"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the installation that the command looks at."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    if request.param == "postgresql":
        monkeypatch.setenv("HUB_DATABASE_URL", request.getfixturevalue("migrated_postgres_url"))
    made: Store = request.getfixturevalue(
        "sqlite_store" if request.param == "sqlite" else "postgres_store"
    )
    return made


def tell(store: Store, payload: p.Payload, *, minutes: int = 0) -> None:
    """Let the records handle one message, taken up so long after the reception."""
    message = catalog.compose(payload, time=MONDAY, source="test")
    now = MONDAY + timedelta(minutes=minutes)
    with store.write() as tx:
        journal.mark_handled(tx, [journal.JournalEntry(message, envelope.encode(message))], now)
        emit(tx, list(Records(Rulebook.load())(tx, message, payload)), now)


def at_the_town(store: Store) -> None:
    """Receive a dossier and hand it over."""
    reception = p.DossierReceived(
        number=NUMBER,
        procedure=LAND,
        applicant=p.Applicant(name="Nguyễn Văn Mẫu", identity_number="000000000001"),
        received_at=MONDAY,
        components=Rulebook.load().procedure(LAND, MONDAY).components,
        parcels=(p.Parcel(number="1", map_sheet="2", area_m2=100.0),),
        officer="Trần Thị Tiếp Nhận",
    )
    tell(store, reception)
    with store.write() as tx:
        assert legs.open_leg(tx, NUMBER, at=MONDAY)


def step(store: Store, sequence: int, *, minutes: int) -> None:
    """Let the town report a step."""
    reported = p.TownStepReported(
        number=NUMBER,
        sequence=sequence,
        step=p.TownStep.ACCEPTED if sequence == 1 else p.TownStep.MOVED_ON,
        at=MONDAY + timedelta(hours=sequence),
        officer="CB",
    )
    tell(store, reported, minutes=minutes)


def test_a_gap_in_the_towns_steps_is_shown_until_it_is_closed(store: Store) -> None:
    """Which dossier, which step is missing, since when, how many wait behind it, what to do."""
    at_the_town(store)
    step(store, 1, minutes=1)
    assert "missing step" not in CliRunner().invoke(app, ["deliveries", "attention"]).output
    step(store, 5, minutes=30)
    step(store, 4, minutes=40)
    with store.read() as tx:
        (gap,) = attention.gaps(tx)
    assert (gap.number, gap.applied, gap.missing, gap.kept) == (NUMBER, 1, "2-3", 2)
    assert gap.since == MONDAY + timedelta(minutes=30)
    shown = CliRunner().invoke(app, ["deliveries", "attention"]).output
    assert NUMBER in shown
    assert "06/08/2018 09:00" in shown
    assert "Ask the town to report the missing step again" in shown
    step(store, 3, minutes=50)
    with store.read() as tx:
        assert [gap.missing for gap in attention.gaps(tx)] == ["2"]
    step(store, 2, minutes=60)
    with store.write() as tx:
        assert attention.gaps(tx) == []
        leg = legs.leg_of(tx, NUMBER)
    assert leg is not None
    assert leg.sequence == 5
