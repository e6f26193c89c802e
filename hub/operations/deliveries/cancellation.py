"""Cancel: a person takes a delivery that is not final out of its lane.

What waited behind it goes on. Of a message that gives the town papers the person also says what
becomes of them, because a page that was scanned wrongly, perhaps another citizen's, must not go
with the next supplement; and it is not taken out while the town may have it.
"""

from datetime import datetime
from enum import StrEnum

from hub.messages import catalog
from hub.messages.envelope import Message, decode_stored
from hub.records.dossiers import inter_level
from hub.rules.states import MOVES, DeliveryState
from hub.store.deliveries import cancellation, transitions
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.messages import journal


class Papers(StrEnum):
    """What becomes of papers that the town does not get."""

    BACK = "back"
    """They count as not given, and go with what the town is given next."""
    DROP = "drop"
    """They never go again by themselves."""


NEITHER = (
    "Lần gửi cũ {older} đã nhường cho lần gửi này (superseded): hủy cả lần này thì không bản nào"
    " tới nơi. Nếu đúng là muốn vậy, thêm --neither.\n"
    "delivery {older} was superseded by it; cancelled with --neither, neither arrives"
)
UNKNOWN = (
    "Thị xã có thể đã nhận giấy tờ của lần gửi {id}. Xem trên màn hình của thị xã, rồi dùng hub"
    " resolve trước:\n"
    "  hub deliveries resolve {id} delivered: thị xã đã có;\n"
    "  hub deliveries resolve {id} absent: chưa có, gửi lại ngay;\n"
    "  hub deliveries resolve {id} absent --cancel --papers back|drop: chưa có và không được"
    " gửi nữa.\n"
    "the town may have the papers of delivery {id}: look at the town's screen, hub deliveries"
    " resolve comes"
    " first:\n"
    "  delivered: it has them; absent: it does not, they are sent again at once;\n"
    "  absent --cancel --papers back|drop: it does not, and it must not go out any more"
)
CHOICE = (
    "Lần gửi {id} mang theo {count} giấy tờ cho thị xã, phải chọn:\n"
    "  --papers back: coi như chưa gửi, giấy tờ sẽ đi cùng lần gửi sau;\n"
    "  --papers drop: giấy tờ sai (có thể của người khác), không tự gửi đi nữa; yêu cầu của thị xã"
    " vẫn còn, hãy quét giấy tờ đúng.\n"
    "delivery {id} has {count} papers for the town, say what becomes of them:\n"
    "  --papers back: they count as not given, and go with what the town is given next;\n"
    "  --papers drop: they are wrong (perhaps another citizen's) and never go by themselves again;"
    " what the town asked for stays open, scan the right ones"
)
CONFLICT = (
    "Thị xã đang giữ hồ sơ này (partner_conflict): giấy tờ không được coi là chưa gửi. Bỏ --papers"
    " back.\n"
    "the town holds this dossier (partner_conflict): its papers do not count as not given, leave"
    " --papers back away"
)


def cancel(
    store: Store,
    id: int,
    *,
    actor: str,
    reason: str,
    now: datetime,
    neither: bool = False,
    papers: Papers | None = None,
) -> None:
    """Take a delivery that is not final out of its lane; what waited behind it goes on.

    Refused when an older one was superseded by it: who decided may not have seen that yet, and
    would think that the older one arrives. `neither` says that neither of them has to. `papers` is
    needed where the town would have been given some.
    """
    with store.write() as tx:
        state, destination, lane = take_out(
            tx, id, reason=reason, now=now, neither=neither, papers=papers
        )
        note(tx, id, papers, actor=actor, reason=reason, now=now)
    if state is DeliveryState.HELD:
        # Afterwards: who settles the one before has the lane and wants this row, we have the row.
        with store.write() as tx:
            transitions.release_followers(tx, destination, [lane], now)


def note(tx: Tx, id: int, papers: Papers | None, *, actor: str, reason: str, now: datetime) -> None:
    """Leave the audit row of a cancelled delivery, with what was said of its papers."""
    action = f"delivery.cancel.{papers}" if papers else "delivery.cancel"
    audit.record(tx, actor, action, object=str(id), reason=reason, now=now)


def take_out(
    tx: Tx, id: int, *, reason: str, now: datetime, neither: bool, papers: Papers | None
) -> tuple[DeliveryState, str, str]:
    """Cancel a delivery; return (state before, destination, lane).

    What waits behind a held one is not released here.
    """
    message = _giving_papers(tx, id)
    state, destination, lane = transitions.place_of(tx, id)
    if DeliveryState.CANCELLED not in MOVES[state]:
        raise transitions.StateConflict(f"delivery {id} is {state}, it cannot be cancelled")
    older = None if neither else cancellation.standing_for(tx, id)
    if older is not None:
        raise transitions.StateConflict(NEITHER.format(older=older))
    lost = message is not None and _is_lost(tx, id, state, message, papers)
    transitions.cancel(tx, id, since=state, now=now, detail=reason)
    if message is not None and lost:
        # Before the lane: the leg's lock comes first, as where the records give papers.
        inter_level.taken_out(tx, message, delivery=id, back=papers is Papers.BACK)
    if state is not DeliveryState.HELD:
        transitions.release_followers(tx, destination, [lane], now)
    return state, destination, lane


def _giving_papers(tx: Tx, id: int) -> Message | None:
    """Return the message if it gives the town papers; then the head of its lane is locked."""
    _, destination, lane = transitions.place_of(tx, id, lock=False)
    if destination != catalog.TOWN_CENTER:
        return None
    message = decode_stored(journal.body_of(tx, id))
    if not inter_level.gives_papers(message):
        return None
    cancellation.lock_head(tx, destination, lane)
    return message


def _is_lost(
    tx: Tx, id: int, state: DeliveryState, message: Message, papers: Papers | None
) -> bool:
    """Tell whether the town will not have the papers; raises StateConflict where that is open."""
    if state is DeliveryState.AMBIGUOUS:
        raise transitions.StateConflict(UNKNOWN.format(id=id))
    if cancellation.is_conflict(tx, id):
        if papers is Papers.BACK:
            raise transitions.StateConflict(CONFLICT)
        return False
    if papers is None:
        raise transitions.StateConflict(CHOICE.format(id=id, count=len(message.attachments)))
    return True
