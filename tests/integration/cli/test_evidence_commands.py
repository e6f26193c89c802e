"""Evidence as an operator sees it: the chains verified, the control slip printed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from hub.cli import app
from hub.exchange.outbox.emit import emit
from hub.operations import Resolution, resolve
from hub.rules.deliveries.states import DeliveryState as S
from hub.runtime.clock import utc_now
from hub.store.deliveries import attempts, transitions
from hub.store.engine.store import Store
from hub.store.evidence import handovers
from hub.store.repair.replies import fault_classes
from tests.support.database.stores import empty_store
from tests.support.works import number, step

AT = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An installation in which a person has settled one delivery."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "220")
    store = empty_store(tmp_path / "hub.db")
    with store.write() as tx:
        emit(tx, [step(1, 1)], AT)
        transitions.claim(tx, [1], "provincial", now=AT, lease_until=AT)
        transitions.doubt(
            tx, 1, from_state=S.SENDING, query_at=None, code="reply_timeout", detail=""
        )
    resolve(store, 1, Resolution.DELIVERED, actor="officer", reason="seen", now=AT)
    yield store
    store.close()


def test_verify_before_and_after_a_row_was_tampered_with(store: Store) -> None:
    """Both chains are named; a changed hand-over ends the command with code 1."""
    good = CliRunner().invoke(app, ["audit", "verify"])
    assert good.exit_code == 0
    assert "audit: 1 rows" in good.output
    assert "handovers: 1 rows" in good.output
    with store.write() as tx:
        tx.execute(sa.text("UPDATE handovers SET outcome = 'absent'"))
    bad = CliRunner().invoke(app, ["audit", "verify"])
    assert bad.exit_code == 1
    assert "handovers: row 1 was changed" in bad.output


def test_the_slip_has_a_line_for_each_hand_over(store: Store) -> None:
    """Who gave, who received, when and with what result; a number that nobody knows is said so."""
    slip = CliRunner().invoke(app, ["dossier", "trail", number(1)])
    assert slip.exit_code == 0
    for word in ("Ward", "Province", "received", "06/08/2018 16:00:00", number(1)):
        assert word in slip.output
    assert CliRunner().invoke(app, ["dossier", "trail", number(2)]).exit_code == 1
    assert store.name == "sqlite"


def test_the_slip_and_the_list_name_the_fields_that_differ(store: Store) -> None:
    """Of a question whose answer proved nothing, by the partner's names and without values."""
    with store.write() as tx:
        emit(tx, [step(3, 1)], AT)
        transitions.claim(tx, [2], "provincial", now=AT, lease_until=AT)
        transitions.doubt(
            tx, 2, from_state=S.SENDING, query_at=None, code="reply_dropped", detail="x"
        )
        attempts.start(tx, [(2, 2)], now=AT, kind="find")
        values = {"delivery_id": 2, "number": 2, "kind": "find", "at": AT, "outcome": "unknown"}
        attempts.finish(tx, [attempts.Finished(**values, differs=("ThoiDiemXuLy",))])  # type: ignore[arg-type]
        asked = handovers.Handover(
            delivery_id=2,
            attempt=2,
            partner="provincial",
            operation="CapNhatTienDoHoSoMC",
            number=number(3),
            direction=handovers.OUT,
            kind="find",
            request_hash="a" * 64,
            response_hash="b" * 64,
            sent_at=AT,
            answered_at=AT,
            receipt="",
            recorded_at=AT,
            outcome="unknown",
        )
        handovers.record(tx, [asked])
    slip = " ".join(CliRunner().invoke(app, ["dossier", "trail", number(3)]).output.split())
    assert "cannot be verified" in slip
    assert "ThoiDiemXuLy" in slip
    assert "ThoiDiemXuLy" in CliRunner().invoke(app, ["deliveries", "attention"]).output


def test_the_fault_dictionary_is_printed_and_an_unknown_code_classified(store: Store) -> None:
    """Filtered by partner and code, in both languages; classifying says how many moved."""
    town = CliRunner().invoke(app, ["faults", "--partner", "town_center", "--language", "en"])
    assert town.exit_code == 0
    assert "overloaded" in town.output
    assert "provincial" not in town.output
    assert "Tỉnh" not in town.output
    words = ["faults", "classify", "--as", "permanent", "--reason", "asked"]
    strange = CliRunner().invoke(app, [*words, "province", "77"])
    assert (strange.exit_code, "provincial | town_center" in strange.output) == (2, True)
    unseen = CliRunner().invoke(app, [*words, "provincial", "77"])
    assert (unseen.exit_code, "never replied with code 77" in unseen.output) == (1, True)
    with store.write() as tx:
        fault_classes.count_reply(tx, "provincial", "DongBoHoSoMC", "77", now=utc_now())
    done = CliRunner().invoke(app, [*words, "provincial", "77"])
    assert done.exit_code == 0, done.output
    assert "0 waiting deliveries moved" in done.output
    assert "permanent" in CliRunner().invoke(app, ["faults", "--code", "77"]).output
    assert store.name == "sqlite"
