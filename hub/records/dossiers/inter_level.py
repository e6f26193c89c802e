"""The inter-level leg of a dossier (liên thông): hand-over to the town, its steps, its result.

The leg is an axis of its own: while the town works, the national status stays "processing". Steps
are applied in the town's own order; one that comes early is kept until those before it are there,
one that comes twice changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from hub.messages import catalog
from hub.messages.envelope import Attachment, Message
from hub.messages.payloads import Status, TownStep, TownStepReported, TownSupplement, TownTransfer
from hub.records.dossiers import commands, ended
from hub.records.dossiers.commands import Cause
from hub.records.dossiers.progress import move
from hub.records.rulebook import Rulebook
from hub.rules.failures.errors import EarlyMessage
from hub.store.deliveries import cancellation
from hub.store.engine.store import Tx
from hub.store.records import dossiers, early_messages, legs, papers
from hub.store.records.dossiers import Dossier, StatusEvent

MAY_LEAVE = frozenset({Status.REGISTERED, Status.ACCEPTED, Status.PROCESSING})
"""Statuses from which a dossier may be handed over."""
SUPPLEMENT = catalog.type_of(TownSupplement).name
WITH_PAPERS = frozenset({SUPPLEMENT, catalog.type_of(TownTransfer).name})
"""Messages that give the town papers."""
LONGEST_NOTE = 1000
"""Letters of a note that a partner takes."""
TOWN_UNIT = "Trung tâm Hành chính công thị xã"

STATUS_OF = {
    TownStep.ACCEPTED: Status.PROCESSING,
    TownStep.MOVED_ON: Status.PROCESSING,
    TownStep.AWAITING_SUPPLEMENT: Status.SUPPLEMENT_REQUESTED,
    TownStep.SUPPLEMENTED: Status.PROCESSING,
    TownStep.ENDED: Status.FINISHED,
}
NOTE_OF = {
    TownStep.ACCEPTED: "Trung tâm Hành chính công thị xã đã tiếp nhận",
    TownStep.MOVED_ON: "Đang luân chuyển tại thị xã",
    TownStep.AWAITING_SUPPLEMENT: "Thị xã yêu cầu bổ sung giấy tờ",
    TownStep.SUPPLEMENTED: "Thị xã đã nhận giấy tờ bổ sung",
    TownStep.ENDED: "Thị xã đã trả kết quả",
}


def hand_over(
    tx: Tx,
    cause: Cause,
    dossier: Dossier,
    rules: Rulebook,
    *,
    files: Sequence[Attachment],
    officer: str,
    at: datetime,
) -> list[Message]:
    """Hand an inter-level dossier over to the town, once; the dossier is then being processed.

    `files` are the papers that were handed in, all of them.
    """
    if not dossier.inter_level or dossier.status not in MAY_LEAVE:
        return []
    if not legs.open_leg(tx, dossier.number, at=at):
        return []
    early_messages.wake(tx, dossier.number)  # a step of the town may have overtaken us
    event = StatusEvent(
        number=dossier.number,
        message_id=cause.message.id,
        status=Status.PROCESSING,
        at=at,
        officer=officer,
        unit=rules.unit,
        note="Chuyển hồ sơ liên thông lên thị xã",
    )
    moved = move(tx, cause, dossier, event, rules)
    order = _transfer(tx, cause, moved.dossier, rules, files=files, officer=officer, at=at)
    return [*moved.messages, order]


def _transfer(
    tx: Tx,
    cause: Cause,
    dossier: Dossier,
    rules: Rulebook,
    *,
    files: Sequence[Attachment],
    officer: str,
    at: datetime,
) -> Message:
    procedure = rules.procedure(dossier.procedure, dossier.received_at)
    papers.give_papers(tx, dossier.number)
    return commands.transfer(cause, dossier, procedure, files=files, officer=officer, at=at)


def resume_work(
    tx: Tx,
    cause: Cause,
    dossier: Dossier,
    rules: Rulebook,
    *,
    paused: bool,
    officer: str,
    at: datetime,
) -> list[Message]:
    """Give the town what it needs, now that an officer has taken the work up.

    What it asked for goes as one message with every paper that it does not have, because it takes
    one supplement for each request and refuses a second. `paused` tells that the dossier waited for
    papers: then the word without any paper is early, because the scanner is slower than a click;
    and a dossier that had not left yet goes now.
    """
    number = dossier.number
    leg = legs.leg_of(tx, number)
    new = papers.papers_not_at_town(tx, number)
    if leg is None:
        if not paused or not legs.open_leg(tx, number, at=at):
            return []
        early_messages.wake(tx, number)
        return [_transfer(tx, cause, dossier, rules, files=new, officer=officer, at=at)]
    if leg.wanted is None:
        return []
    if not new:
        if paused:
            raise EarlyMessage(number)
        return []
    papers.give_papers(tx, number)
    note = f"Bổ sung {', '.join(dict.fromkeys(file.component for file in new))}"
    return [commands.supply(cause, dossier, files=new, note=note[:LONGEST_NOTE], at=at)]


def returned(
    tx: Tx, cause: Cause, dossier: Dossier, event: StatusEvent, rules: Rulebook
) -> list[Message]:
    """Apply that the applicant has the result, and tell the town where it made it."""
    moved = move(tx, cause, dossier, event, rules)
    out = list(moved.messages)
    if moved.applied and dossier.inter_level and legs.leg_of(tx, dossier.number):
        out.append(commands.report_returned(cause, moved.dossier, at=event.at))
    return out


def gives_papers(message: Message) -> bool:
    """Tell whether the town is given papers with a message."""
    return message.type in WITH_PAPERS and bool(message.attachments)


def papers_cancelled(tx: Tx, message: Message, *, delivery: int, back: bool) -> None:
    """Note that the town does not get a message with papers: a person took it out of its lane.

    `back`: its papers count as not given again, so that they are shown and go with what the town is
    given next; else they stay as they are, and go with nothing. What it asked for is open again,
    unless a later supplement answers that.
    """
    if legs.leg_of(tx, message.key) is None:
        return
    if back:
        papers.withdraw_papers(tx, message.key, message.attachments)
    # Only now that the leg is locked: a later one may just have been said by who had the lock.
    if message.type == SUPPLEMENT and cancellation.is_newest(tx, delivery):
        legs.want_again(tx, message.key)


def is_complete(dossier: Dossier, files: Sequence[Attachment]) -> bool:
    """Tell whether every component of the dossier has a file, so that it can be handed over."""
    scanned = {file.component for file in files}
    return all(component.code in scanned for component in dossier.components)


def reported(tx: Tx, cause: Cause, step: TownStepReported, rules: Rulebook) -> list[Message]:
    """Keep a step of the town and apply every one that is next."""
    # The dossier's lock before its leg's, as everywhere.
    dossier = dossiers.get(tx, step.number)
    leg = legs.leg_of(tx, step.number)
    if dossier is None or leg is None:
        raise EarlyMessage(step.number)
    ended.refuse_erased(dossier)
    message = cause.message
    legs.keep_step(tx, step, message_id=message.id)
    files = message.attachments
    papers.add_files(tx, step.number, files, message_id=message.id, result=True)
    emitted: list[Message] = []
    sequence = leg.sequence
    while kept := legs.next_step(tx, step.number, sequence + 1):
        sequence += 1
        emitted += _apply(tx, cause, *kept, rules)
    return emitted


def _apply(
    tx: Tx, cause: Cause, step: TownStepReported, message_id: str, rules: Rulebook
) -> list[Message]:
    dossier = dossiers.get(tx, step.number)
    if dossier is None:
        raise EarlyMessage(step.number)
    legs.advance_leg(tx, step, message_id=message_id)
    event = StatusEvent(
        number=step.number,
        message_id=message_id,
        status=STATUS_OF[step.step],
        at=step.at,
        officer=step.officer,
        unit=TOWN_UNIT,
        note=step.note or NOTE_OF[step.step],
    )
    resumes = step.step is TownStep.SUPPLEMENTED
    return list(move(tx, cause, dossier, event, rules, resumes=resumes).messages)
