"""Sending a corrected copy in the place of a dead delivery."""

from collections.abc import Callable

import msgspec
import pytest

from hub.messages.invalid import InvalidMessage
from hub.operations.deliveries import resend
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import schedule, transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.engine.store import Store
from tests.integration.repair.replay.desk import Desk, by, dead_one
from tests.support.partners.partner import REFUSES
from tests.support.works import now, number, step


def corrected(store: Store, id: int, **fields: object) -> resend.Correction:
    """Return a correction of a delivery's payload."""
    payload = msgspec.json.decode(resend.payload_of(store, id)) | fields
    return resend.correct(store, id, msgspec.json.encode(payload), now=now())


def test_a_corrected_copy_goes_before_what_waited(open_desk: Callable[..., Desk]) -> None:
    """Although it is the youngest row, and also when it had to be corrected twice."""
    desk = open_desk()
    store, partner = desk.works.store, desk.works.partner
    desk.die(*(step(1, version) for version in (1, 2, 3)))
    first = dead_one(store)
    partner.goes_wrong(REFUSES)
    copy = resend.resend(store, corrected(store, first, noiDungXuLy="a"), by=by("corrected"))
    desk.works.committed()
    desk.works.wait(lambda states: states == {S.CANCELLED: 1, S.DEAD: 1, S.HELD: 2})
    with store.write() as tx:
        assert schedule.sweep_held(tx, now()) == 0
        assert transitions.release_followers(tx, "provincial", [number(1)], now()) == 0
    assert dead_one(store) == copy
    last = resend.resend(store, corrected(store, copy, noiDungXuLy="b"), by=by("corrected"))
    assert last > copy > first
    desk.works.committed()
    desk.works.wait(lambda states: states == {S.CANCELLED: 2, S.DELIVERED: 3})
    assert partner.ledger == [(number(1), version) for version in (1, 2, 3)]
    assert [action for action, _ in desk.actions()] == ["delivery.resend"] * 2


def test_the_difference_is_shown_without_personal_data(open_desk: Callable[..., Desk]) -> None:
    """The copy names its cause, and a personal field only says that it differs."""
    desk = open_desk()
    desk.die(step(1, 1))
    id = dead_one(desk.works.store)
    found = corrected(desk.works.store, id, noiDungXuLy="Nguyễn Văn Mẫu", phongBanXuLy="Tư pháp")
    assert [(c.field, c.before, c.after) for c in found.changes] == [
        ("noiDungXuLy", "", resend.MASK),
        ("phongBanXuLy", "Địa chính", "Tư pháp"),
    ]
    assert found.message.causation_id == "m-1-1"
    assert found.message.id != "m-1-1"


@pytest.mark.parametrize(
    "payload",
    [b"{", b"{}", b"\xff", b"[]"],
)
def test_a_copy_that_does_not_fit_its_type_is_refused(
    open_desk: Callable[..., Desk], payload: bytes
) -> None:
    """The dead delivery stays as it is."""
    desk = open_desk()
    desk.die(step(1, 1))
    id = dead_one(desk.works.store)
    with pytest.raises(InvalidMessage):
        resend.correct(desk.works.store, id, payload, now=now())
    assert desk.works.states() == {S.DEAD: 1}


def test_what_may_not_be_corrected(open_desk: Callable[..., Desk]) -> None:
    """Not the dossier, not nothing, not a delivery that is not dead, not twice."""
    desk = open_desk()
    store = desk.works.store
    desk.die(step(1, 1))
    id = dead_one(store)
    with pytest.raises(InvalidMessage, match="another dossier"):
        corrected(store, id, maHoSo=number(2))
    with pytest.raises(StateConflict, match="nothing differs"):
        corrected(store, id)
    found = corrected(store, id, phongBanXuLy="Tư pháp")
    resend.resend(store, found, by=by("x"))
    with pytest.raises(StateConflict):
        corrected(store, id, phongBanXuLy="Tư pháp")
    desk.works.committed()
    desk.works.wait(lambda states: states == {S.CANCELLED: 1, S.DELIVERED: 1})
