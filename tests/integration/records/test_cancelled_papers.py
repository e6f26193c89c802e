"""What becomes of papers whose message a person takes out of the town's lane."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from hub import operations
from hub.cli import app
from hub.messages import payloads as p
from hub.operations import Papers
from hub.operations.deliveries import resend
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.repair import restore
from hub.store.schema.tables.exchange import deliveries as table
from tests.integration.records.test_supplement import asked, bring, lacking, supplements
from tests.support.ward import (
    MONDAY,
    NUMBER,
    Ward,
    open_ward,
    progress,
    reception,
    town,
    transferred,
)
from tests.support.works import now

TRANSFER, SUPPLEMENT = "town.transfer", "town.supplement"


@pytest.fixture
def typed(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands look at the ward's store."""
    monkeypatch.setenv("HUB_DATA_DIR", str(ward.files.directory.parent))
    monkeypatch.setenv("COLUMNS", "200")


def hub(*words: object) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, [*map(str, words), "--reason", "a wrong page"])


def delivery(ward: Ward, type: str = SUPPLEMENT) -> int:
    """Return the last delivery of a type."""
    with ward.store.read() as tx:
        query = sa.select(sa.func.max(table.c.id)).where(table.c.type == type)
        return int(tx.execute(query).scalar_one())


def state(ward: Ward, id: int) -> S:
    """Return where a delivery stands."""
    with ward.store.read() as tx:
        return transitions.place_of(tx, id, lock=False)[0]


def supplied(ward: Ward) -> int:
    """Let the town ask, and the ward answer with one paper."""
    asked(ward)
    bring(ward, "BS-1")
    ward.accept(progress(p.Status.PROCESSING, hours=51))
    return delivery(ward)


def settle_first(ward: Ward) -> None:
    """Let the town have the hand-over."""
    first = delivery(ward, TRANSFER)
    with ward.store.write() as tx:
        transitions.claim(tx, [first], "town_center", now=now(), lease_until=now())
        transitions.deliver(tx, [(first, "TX-1")], now=now(), from_state=S.SENDING)
        transitions.release_followers(tx, "town_center", [NUMBER], now())


def doubt(ward: Ward, id: int) -> None:
    """Call the town, which does not answer."""
    with ward.store.write() as tx:
        transitions.claim(tx, [id], "town_center", now=now(), lease_until=now())
        transitions.doubt(
            tx, id, from_state=S.SENDING, query_at=None, code="reply_timeout", detail=""
        )


def kill(ward: Ward, id: int, code: str) -> None:
    """Let the town refuse it."""
    with ward.store.write() as tx:
        transitions.claim(tx, [id], "town_center", now=now(), lease_until=now())
        transitions.kill(tx, id, from_state=S.SENDING, code=code, detail="")


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize("papers", [(), ("--papers", "back"), ("--papers", "drop")])
def test_what_the_town_may_have_is_resolved_before_it_is_cancelled(
    ward: Ward, papers: tuple[str, ...]
) -> None:
    """Else the same papers would go twice. Answer in both languages, and nothing is changed."""
    id = supplied(ward)
    settle_first(ward)
    doubt(ward, id)
    done = hub("deliveries", "cancel", id, *papers)
    assert (done.exit_code, state(ward, id), lacking(ward)) == (1, S.AMBIGUOUS, [])
    assert "hub deliveries resolve comes first" in done.output
    ward.accept(progress(p.Status.PROCESSING, hours=52))
    assert supplements(ward) == [["BS-1"]]
    assert hub("deliveries", "resolve", id, "delivered").exit_code == 0


@pytest.mark.usefixtures("typed")
def test_a_wrong_page_that_the_town_does_not_have_is_resolved_and_taken_out_at_once(
    ward: Ward,
) -> None:
    """Found absent it would be sent again before anybody could cancel it."""
    id = supplied(ward)
    settle_first(ward)
    doubt(ward, id)
    for refused in (("delivered", "--cancel"), ("absent", "--cancel")):
        assert (hub("deliveries", "resolve", id, *refused).exit_code, state(ward, id)) == (
            1,
            S.AMBIGUOUS,
        )
    done = hub("deliveries", "resolve", id, "absent", "--cancel", "--papers", "drop")
    assert (done.exit_code, state(ward, id), lacking(ward)) == (0, S.CANCELLED, [(0, True)])
    with ward.store.read() as tx:
        said = tx.exec_driver_sql("SELECT action FROM audit ORDER BY seq").scalars().all()
    assert said == ["delivery.resolve.absent", "delivery.cancel.drop"]


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize("at", [S.HELD, S.DEAD])
def test_papers_from_before_a_restore_do_not_count_as_not_given(ward: Ward, at: S) -> None:
    """They may have gone out since the copy was made: back, they would go twice."""
    id = supplied(ward)
    if at is S.DEAD:
        settle_first(ward)
        kill(ward, id, "partner_refused")
    with ward.store.write() as tx:
        restore.doubt_everything(tx, now=now())
    for papers, told in (((), "--papers back"), (("--papers", "back"), "the town may have")):
        refused = hub("deliveries", "cancel", id, *papers)
        assert (refused.exit_code, state(ward, id), lacking(ward)) == (1, at, [])
        assert told in refused.output
    assert hub("deliveries", "cancel", id, "--papers", "drop").exit_code == 0
    ward.accept(progress(p.Status.PROCESSING, hours=52))
    assert supplements(ward) == [["BS-1"]]


def test_a_corrected_copy_does_not_give_papers_from_before_a_restore_again(ward: Ward) -> None:
    """It would go out without a question."""
    id = supplied(ward)
    settle_first(ward)
    kill(ward, id, "partner_refused")
    body = msgspec.json.decode(resend.payload_of(ward.store, id)) | {"ghiChu": "x"}
    by: SignedBy = {"actor": "officer", "reason": "x", "now": now()}
    correction = resend.correct(ward.store, id, msgspec.json.encode(body), now=now())
    with ward.store.write() as tx:
        restore.doubt_everything(tx, now=now())
    with pytest.raises(transitions.StateConflict, match="hub deliveries replay"):
        resend.resend(ward.store, correction, by=by)
    assert state(ward, id) is S.DEAD


def test_papers_from_after_a_restore_may_be_given_back(ward: Ward) -> None:
    """What happened after it cannot have gone out before it."""
    with ward.store.write() as tx:
        restore.doubt_everything(tx, now=MONDAY - timedelta(days=30))
    id = supplied(ward)
    operations.cancel(ward.store, id, actor="officer", reason="x", now=now(), papers=Papers.BACK)
    assert state(ward, id) is S.CANCELLED


def test_a_hand_over_that_the_town_may_have_is_resolved_first_too(ward: Ward) -> None:
    """It gives papers as well."""
    transferred(ward)
    id = delivery(ward, TRANSFER)
    doubt(ward, id)
    with pytest.raises(transitions.StateConflict, match="hub deliveries resolve"):
        operations.cancel(
            ward.store, id, actor="officer", reason="x", now=now(), papers=Papers.BACK
        )


def test_another_ambiguous_delivery_is_cancelled_as_before(ward: Ward) -> None:
    """Without papers there is nothing that would go twice by itself."""
    ward.accept(reception())
    id = delivery(ward, "province.dossier")
    with ward.store.write() as tx:
        transitions.claim(tx, [id], "provincial", now=now(), lease_until=now())
        transitions.doubt(
            tx, id, from_state=S.SENDING, query_at=None, code="reply_timeout", detail=""
        )
    operations.cancel(ward.store, id, actor="officer", reason="x", now=now())
    assert state(ward, id) is S.CANCELLED


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize("papers", [(), ("--papers", "drop")])
def test_papers_of_a_dossier_that_the_town_holds_are_not_taken_back(
    ward: Ward, papers: tuple[str, ...]
) -> None:
    """It said so itself (partner_conflict); who wants them back is told."""
    transferred(ward)
    id = delivery(ward, TRANSFER)
    kill(ward, id, "partner_conflict")
    refused = hub("deliveries", "cancel", id, "--papers", "back")
    assert (refused.exit_code, "partner_conflict" in refused.output) == (1, True)
    assert hub("deliveries", "cancel", id, *papers).exit_code == 0
    assert (state(ward, id), lacking(ward)) == (S.CANCELLED, [])


@pytest.mark.usefixtures("typed")
def test_who_cancels_papers_says_what_becomes_of_them(ward: Ward) -> None:
    """The refusal explains both choices, and changes nothing."""
    id = supplied(ward)
    asked_back = hub("deliveries", "cancel", id)
    assert (asked_back.exit_code, state(ward, id), lacking(ward)) == (1, S.HELD, [])
    for words in ("--papers back", "--papers drop", "never go by themselves"):
        assert words in asked_back.output
    assert hub("deliveries", "cancel", id, "--papers", "back").exit_code == 0
    assert lacking(ward) == [(1, True)]


@pytest.mark.usefixtures("typed")
def test_a_dropped_page_never_goes_and_the_request_stays_open(ward: Ward) -> None:
    """It may be another citizen's. The town's request is shown, and gets only the right page."""
    asked(ward)
    bring(ward, "WRONG")
    ward.accept(progress(p.Status.PROCESSING, hours=51))
    assert hub("deliveries", "cancel", delivery(ward), "--papers", "drop").exit_code == 0
    assert lacking(ward) == [(0, True)]
    shown = CliRunner().invoke(app, ["deliveries", "attention"]).output
    assert "Papers that the town does not have" in shown
    assert "Scan the right ones" in shown
    ward.accept(progress(p.Status.PROCESSING, hours=52))
    assert (supplements(ward), lacking(ward)) == ([["WRONG"]], [(0, True)])
    bring(ward, "RIGHT")
    assert lacking(ward) == [(1, True)]
    ward.accept(progress(p.Status.PROCESSING, hours=53))
    assert (supplements(ward), lacking(ward)) == ([["WRONG"], ["RIGHT"]], [])
    ward.accept(town(3, p.TownStep.SUPPLEMENTED))
    ward.accept(town(4, p.TownStep.AWAITING_SUPPLEMENT))
    bring(ward, "MORE")
    ward.accept(progress(p.Status.PROCESSING, hours=97))
    assert supplements(ward)[2:] == [["MORE"]]


@pytest.mark.postgres
def test_a_dropped_page_on_postgresql(
    tmp_path: Path, migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same there."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_DATABASE_URL", migrated_postgres_url)
    monkeypatch.setenv("COLUMNS", "200")
    with open_ward(tmp_path, migrated_postgres_url) as ward:
        test_a_dropped_page_never_goes_and_the_request_stays_open(ward)


def test_a_town_that_waits_for_nothing_is_not_shown_after_a_drop(ward: Ward) -> None:
    """It says that it has the papers; or has got them with a later supplement."""
    id = supplied(ward)
    ward.accept(town(3, p.TownStep.SUPPLEMENTED))
    operations.cancel(ward.store, id, actor="officer", reason="x", now=now(), papers=Papers.DROP)
    assert lacking(ward) == []


def test_the_audit_says_what_became_of_the_papers(ward: Ward) -> None:
    """Who asks later why a page never went finds it."""
    id = supplied(ward)
    operations.cancel(ward.store, id, actor="officer", reason="x", now=now(), papers=Papers.DROP)
    with ward.store.read() as tx:
        (row,) = tx.exec_driver_sql("SELECT action, object FROM audit").all()
    assert tuple(row) == ("delivery.cancel.drop", str(id))
