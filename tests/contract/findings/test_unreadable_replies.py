"""Replies that cannot be read in the same way are one finding, for any number of dossiers."""

from dataclasses import replace
from datetime import timedelta

from hub.exchange.outbox.emit import emit
from hub.operations.watchers.replies.unreadable_replies import KIND, UnreadableReplies, subject_of
from hub.store.deliveries import attempts
from hub.store.engine.store import Store
from hub.store.evidence import handovers
from hub.store.repair import tasks
from tests.support.works import AT, step

STEP, LOOK_UP = "CapNhatTienDoHoSoMC", "TraCuuHoSo"
BROKEN = f"{STEP}, error_code: a text that is no number; ask the partner"
MINUTE = timedelta(minutes=1)


class Calls:
    """Calls about one delivery of each dossier, in the order in which they are told."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.numbers: dict[int, int] = {}
        with store.write() as tx:
            emit(tx, [step(n, 1) for n in range(1, 6)], AT)

    def ended(
        self,
        delivery: int,
        outcome: str = "ambiguous",
        detail: str = BROKEN,
        *,
        kind: str = "send",
        partner: str = "provincial",
    ) -> None:
        """Write one call down; with a detail it could not be read."""
        number = self.numbers[delivery] = self.numbers.get(delivery, 0) + 1
        code = "reply_unreadable" if outcome == "ambiguous" else ""
        made = self._handover(delivery, number, partner=partner, kind=kind)
        made = replace(made, outcome=outcome, code=code)
        ended = attempts.Finished(
            delivery_id=delivery,
            number=number,
            kind=kind,
            at=AT,
            outcome=outcome,
            code=code or None,
            detail=detail if code else None,
        )
        with self.store.write() as tx:
            attempts.start(tx, [(delivery, number)], now=AT, kind=kind)
            attempts.finish(tx, [ended])
            handovers.record(tx, [made])

    @staticmethod
    def _handover(delivery: int, number: int, *, partner: str, kind: str) -> handovers.Handover:
        return handovers.Handover(
            delivery_id=delivery,
            attempt=number,
            partner=partner,
            operation=STEP,
            number="",
            direction=handovers.OUT,
            kind=kind,
            request_hash="",
            response_hash="",
            sent_at=AT,
            answered_at=AT,
            receipt="",
            recorded_at=AT,
            outcome="",
            code="",
        )

    def look(self) -> list[tuple[str, str]]:
        """Look as the timer does; return (detail, repair) of the open tasks."""
        UnreadableReplies(store=self.store).check(AT + MINUTE)
        with self.store.read() as tx:
            return [(it.detail, it.repair) for it in tasks.still_open(tx) if it.kind == KIND]


def test_three_equal_unreadable_replies_are_one_task_that_says_where_and_what_to_do(
    store: Store,
) -> None:
    """Two may be an accident; a further one raises nothing more."""
    calls = Calls(store)
    for delivery in (1, 2):
        calls.ended(delivery)
    assert calls.look() == []
    calls.ended(3)
    ((detail, repair),) = calls.look()
    for words in (STEP, "error_code", "a text that is no number", "province", "16:00 06/08/2018"):
        assert words in detail
    for words in ("hub partners show province", "hub partners rehearse", "HUB_PROVINCE_PROFILE"):
        assert words in repair
    calls.ended(4)
    assert len(calls.look()) == 1


def test_the_task_closes_itself_when_the_operation_is_read_again(store: Store) -> None:
    """And opens once more when it begins anew; a question that is read is no call that is read."""
    calls = Calls(store)
    for delivery in (1, 2, 3):
        calls.ended(delivery)
    assert len(calls.look()) == 1
    calls.ended(1, "delivered", kind="find")
    assert len(calls.look()) == 1
    calls.ended(4, "delivered")
    assert calls.look() == []
    for delivery in (1, 2, 3):
        calls.ended(delivery)
    assert len(calls.look()) == 1


def test_a_reply_that_was_read_between_begins_the_count_anew(store: Store) -> None:
    """Three in a row are asked for."""
    calls = Calls(store)
    for delivery in (1, 2):
        calls.ended(delivery)
    calls.ended(4, "permanent")
    calls.ended(3)
    assert calls.look() == []


def test_questions_and_other_places_are_findings_of_their_own(store: Store) -> None:
    """What one delivery is asked about in vain is told too; a place of two calls is not."""
    calls = Calls(store)
    for _ in range(3):
        calls.ended(1, detail=f"{LOOK_UP}, result/NgayTra: a list", kind="find")
    for delivery in (2, 3):
        calls.ended(delivery)
    ((detail, _),) = calls.look()
    assert "NgayTra" in detail


def test_partners_are_told_apart(store: Store) -> None:
    """Two calls of one and one of the other are no finding."""
    calls = Calls(store)
    for delivery, partner in ((1, "provincial"), (2, "provincial"), (3, "town_center")):
        calls.ended(delivery, partner=partner)
    assert calls.look() == []


def test_equal_places_are_equal_whatever_was_called_and_wherever_it_stood() -> None:
    """The operation, positions and the advice do not count."""
    subject = "result/Buoc[#]/NguoiXuLy: a list"
    assert subject_of("TraCuuHoSo, result/Buoc[3]/NguoiXuLy: a list; ask") == subject
    assert subject_of("DongBoHoSoMC, result/Buoc[17]/NguoiXuLy: a list") == subject
    assert subject_of("TraCuuHoSo: no body at all; ask them") == "no body at all"
    assert subject_of("") == "reply"
