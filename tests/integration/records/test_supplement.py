"""A supplement: the town asks for papers, and gets all of them as one, with nothing lost."""

from datetime import timedelta

import msgspec
import pytest
from typer.testing import CliRunner

from hub import operations
from hub.cli import app
from hub.exchange.housekeeping.timer import Timer
from hub.messages import payloads as p
from hub.messages.envelope import decode
from hub.operations.deliveries import resend
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.states import DeliveryState
from hub.store.deliveries import transitions
from hub.store.monitoring import attention
from tests.support.ward import (
    BIRTH,
    LAND,
    MONDAY,
    NUMBER,
    Ward,
    progress,
    reception,
    scan,
    town,
    transferred,
)
from tests.support.works import now

S, Step = p.Status, p.TownStep


def asked(ward: Ward) -> None:
    """Let the town ask for papers."""
    transferred(ward)
    ward.accept(town(1, Step.ACCEPTED))
    ward.accept(town(2, Step.AWAITING_SUPPLEMENT))
    assert ward.dossier().status is S.SUPPLEMENT_REQUESTED


def bring(ward: Ward, *codes: str) -> None:
    """Scan papers that a citizen brings after the town has asked."""
    for code in codes:
        ward.accept(scan(code, hours=50), ward.file(code.encode(), code))


def supplements(ward: Ward) -> list[list[str]]:
    """Return the components of each supplement that the town was given."""
    with ward.store.read() as tx:
        rows = tx.exec_driver_sql(
            "SELECT body FROM journal WHERE type = 'town.supplement' ORDER BY recorded_at"
        ).all()
    return [[file.component for file in decode(row.body).attachments] for row in rows]


def test_several_papers_are_one_supplement_when_the_officer_takes_the_work_up(ward: Ward) -> None:
    """The town takes one for each request; the province sees each paper at once."""
    asked(ward)
    before, updates = ward.dossier().due_at, len(ward.sent(p.ProvinceDossier))
    bring(ward, "BS-1", "BS-2")
    assert (supplements(ward), len(ward.sent(p.ProvinceDossier))) == ([], updates + 2)
    with ward.store.read() as tx:
        (waiting,) = attention.papers_not_at_town(tx)
    assert (waiting.number, waiting.count, waiting.wanted) == (NUMBER, 2, True)
    ward.accept(progress(S.PROCESSING, hours=51))
    assert supplements(ward) == [["BS-1", "BS-2"]]
    (given,) = ward.sent(p.TownSupplement)
    dossier = ward.dossier()
    assert (dossier.status, given.supplied_at) == (S.PROCESSING, MONDAY + timedelta(hours=51))
    assert given.due_at == dossier.due_at > before
    ward.accept(town(3, Step.SUPPLEMENTED))
    with ward.store.read() as tx:
        assert attention.papers_not_at_town(tx) == []


def test_an_officer_who_is_quicker_than_the_scanner_loses_no_paper(ward: Ward) -> None:
    """The word waits until papers are there; then all that came meanwhile go with it."""
    asked(ward)
    ward.accept(progress(S.PROCESSING, hours=51))
    bring(ward, "BS-1", "BS-2")
    assert ward.dossier().status is S.SUPPLEMENT_REQUESTED
    Timer(ward.store, clock=now).sweep(now())
    ward.settle()
    assert supplements(ward) == [["BS-1", "BS-2"]]
    assert ward.dossier().status is S.PROCESSING


def test_a_word_without_any_paper_is_shown_after_an_hour_as_what_it_is(ward: Ward) -> None:
    """Parked with its own code, not as a dossier that nobody knows."""
    asked(ward)
    ward.accept(progress(S.PROCESSING, hours=51))
    later = now() + timedelta(hours=1, minutes=1)
    Timer(ward.store, clock=lambda: later).sweep(later)
    with ward.store.read() as tx:
        ((_, _, key, code, _),) = attention.parked(tx)
    assert (key, code) == (NUMBER, "papers_missing")


def test_what_comes_after_the_supplement_goes_with_the_next_and_is_shown_until_then(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The town would refuse a second one; the province has it, `hub deliveries attention` shows
    it."""
    asked(ward)
    bring(ward, "BS-1")
    ward.accept(progress(S.PROCESSING, hours=51))
    bring(ward, "BS-2")
    ward.accept(progress(S.PROCESSING, hours=52))
    assert supplements(ward) == [["BS-1"]]
    monkeypatch.setenv("HUB_DATA_DIR", str(ward.files.directory.parent))
    monkeypatch.setenv("COLUMNS", "160")
    shown = CliRunner().invoke(app, ["deliveries", "attention"]).output
    assert "Papers that the town does not have" in shown
    ward.accept(town(3, Step.SUPPLEMENTED))
    ward.accept(town(4, Step.AWAITING_SUPPLEMENT))
    ward.accept(progress(S.PROCESSING, hours=97))
    assert supplements(ward) == [["BS-1"], ["BS-2"]]
    assert "does not have" not in CliRunner().invoke(app, ["deliveries", "attention"]).output


def test_a_request_stands_while_a_department_passes_the_dossier_on(ward: Ward) -> None:
    """ "Moved on" does not answer it; the supplement still goes."""
    asked(ward)
    ward.accept(town(3, Step.MOVED_ON))
    bring(ward, "BS-1", "BS-2")
    ward.accept(progress(S.PROCESSING, hours=80))
    assert supplements(ward) == [["BS-1", "BS-2"]]


def test_an_old_word_of_an_officer_answers_no_request(ward: Ward) -> None:
    """It was said before the town asked and only came late: nothing goes, the papers wait."""
    asked(ward)
    bring(ward, "BS-1")
    ward.accept(progress(S.PROCESSING, hours=2))
    assert supplements(ward) == []
    assert ward.dossier().status is S.SUPPLEMENT_REQUESTED


def test_what_the_ward_itself_asked_for_is_not_given_to_a_town_that_does_not_wait(
    ward: Ward,
) -> None:
    """The town would refuse it, and the delivery would be dead."""
    transferred(ward)
    ward.accept(town(1, Step.ACCEPTED))
    ward.accept(progress(S.SUPPLEMENT_REQUESTED, hours=30))
    bring(ward, "BS-1")
    ward.accept(progress(S.PROCESSING, hours=51))
    assert (supplements(ward), ward.dossier().status) == ([], S.PROCESSING)
    with ward.store.read() as tx:
        (waiting,) = attention.papers_not_at_town(tx)
    assert waiting.wanted is False


def test_a_dossier_that_waited_for_papers_before_its_hand_over_is_handed_over(ward: Ward) -> None:
    """With all its papers, once: it does not stand still at the ward after its supplement."""
    ward.accept(reception(LAND))
    ward.accept(progress(S.SUPPLEMENT_REQUESTED, hours=1))
    for component in reception(LAND).components:
        ward.accept(scan(component.code, 2), ward.file(component.code.encode(), component.code))
    assert ward.sent(p.TownTransfer) == []
    ward.accept(progress(S.PROCESSING, hours=3))
    assert len(ward.sent(p.TownTransfer)) == 1
    with ward.store.read() as tx:
        assert attention.papers_not_at_town(tx) == []


def test_a_dossier_of_the_ward_alone_gives_the_town_nothing(ward: Ward) -> None:
    """It takes the work up again without any paper, too."""
    ward.accept(reception(BIRTH))
    ward.accept(progress(S.SUPPLEMENT_REQUESTED, hours=1))
    ward.accept(progress(S.PROCESSING, hours=2))
    assert ward.dossier().status is S.PROCESSING
    assert (supplements(ward), ward.sent(p.TownTransfer)) == ([], [])


def taken_out(ward: Ward, type: str = "town.supplement", which: int = -1) -> None:
    """Cancel what was said to the town; its papers count as not given."""
    with ward.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT id, type FROM deliveries ORDER BY id").all()
    id = [row.id for row in rows if row.type == type][which]
    back = operations.Papers.BACK
    operations.cancel(
        ward.store, id, actor="officer", reason="a wrong note", now=now(), papers=back
    )


def lacking(ward: Ward) -> list[tuple[int, bool]]:
    """Return (how many papers the town lacks, whether it asks for them) as `hub deliveries
    attention` shows it."""
    with ward.store.read() as tx:
        return [(papers.count, papers.wanted) for papers in attention.papers_not_at_town(tx)]


def test_papers_of_a_cancelled_supplement_go_with_the_officers_next_word(either_ward: Ward) -> None:
    """The town never got them and goes on waiting: they are shown, and not lost."""
    ward = either_ward
    asked(ward)
    bring(ward, "BS-1")
    ward.accept(progress(S.PROCESSING, hours=51))
    assert lacking(ward) == []
    taken_out(ward)
    assert lacking(ward) == [(1, True)]
    bring(ward, "BS-2")
    ward.accept(progress(S.PROCESSING, hours=52))
    assert supplements(ward) == [["BS-1"], ["BS-1", "BS-2"]]
    assert lacking(ward) == []


def test_a_request_that_a_later_supplement_answers_is_not_answered_twice(ward: Ward) -> None:
    """The town would refuse it; the papers of the cancelled one wait for the next request."""
    asked(ward)
    bring(ward, "BS-1")
    ward.accept(progress(S.PROCESSING, hours=51))
    ward.accept(town(3, Step.AWAITING_SUPPLEMENT))
    bring(ward, "BS-2")
    ward.accept(progress(S.PROCESSING, hours=80))
    taken_out(ward, which=0)
    assert lacking(ward) == [(1, False)]
    ward.accept(progress(S.PROCESSING, hours=81))
    assert supplements(ward) == [["BS-1"], ["BS-2"]]
    taken_out(ward, which=1)
    assert lacking(ward) == [(2, True)]


def test_a_town_that_says_it_has_the_papers_is_given_none(ward: Ward) -> None:
    """They came there in another way; only what the hub itself never gave is shown."""
    asked(ward)
    bring(ward, "BS-1")
    ward.accept(progress(S.PROCESSING, hours=51))
    ward.accept(town(3, Step.SUPPLEMENTED))
    taken_out(ward)
    assert lacking(ward) == [(1, False)]
    ward.accept(progress(S.PROCESSING, hours=80))
    assert supplements(ward) == [["BS-1"]]


def test_papers_of_a_cancelled_hand_over_are_shown(either_ward: Ward) -> None:
    """The town has nothing of the dossier, so nothing counts as given; it asks for nothing."""
    ward = either_ward
    transferred(ward)
    assert lacking(ward) == []
    taken_out(ward, "town.transfer")
    assert lacking(ward) == [(len(reception(LAND).components), False)]


def test_a_corrected_copy_of_a_supplement_gives_its_papers(ward: Ward) -> None:
    """The dead one is cancelled for it: nothing of that is lost or given twice."""
    asked(ward)
    bring(ward, "BS-1")
    ward.accept(progress(S.PROCESSING, hours=51))
    with ward.store.write() as tx:
        heads = "SELECT id, state FROM deliveries WHERE destination = 'town_center' ORDER BY id"
        (first, _), (second, _) = tx.exec_driver_sql(heads).all()
        transitions.cancel(tx, first, from_state=DeliveryState.PENDING, now=now(), detail="")
        transitions.release_followers(tx, "town_center", [NUMBER], now())
        transitions.claim(tx, [second], "town_center", now=now(), lease_until=now())
        since, code = DeliveryState.SENDING, "partner_refused"
        transitions.kill(tx, second, from_state=since, code=code, detail="")
    by: SignedBy = {"actor": "officer", "reason": "wrong note", "now": now()}
    payload = msgspec.json.decode(resend.payload_of(ward.store, second)) | {"ghiChu": "Bổ sung"}
    body = msgspec.json.encode(payload)
    resend.resend(ward.store, resend.correct(ward.store, second, body, now=by["now"]), by=by)
    assert (supplements(ward), lacking(ward)) == ([["BS-1"], ["BS-1"]], [])


def test_everything_told_twice_gives_the_town_everything_once(ward: Ward) -> None:
    """The broker may double whatever it likes."""
    ward.doubled = True
    test_several_papers_are_one_supplement_when_the_officer_takes_the_work_up(ward)
