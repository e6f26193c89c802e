"""What the records do with what a partner says through the operations of the gateway.

Each function handles one message type inside the given transaction and returns what the other
partners have to be told. The province's own step is not told back to it: it would stand there
twice, and a software that reports each step would never end. Instead its record of the dossier is
brought up to date: that may be repeated, has the due date that the ward computes, and the daily
comparison finds in it what the province was told last. What the guard of the status axis refuses is
kept with its reason, and nobody is told.
"""

from dataclasses import replace
from datetime import datetime

from msgspec import structs

from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.records.deadlines.calendar import local
from hub.records.dossiers import commands, ended, inter_level, late_papers
from hub.records.dossiers.commands import Cause
from hub.records.dossiers.progress import ENDS, NOTICE, Moved, move, refresh
from hub.records.registers import procedures
from hub.records.rulebook import Rulebook
from hub.rules.change_feed import ChangeKind
from hub.store.archive import late_messages
from hub.store.engine.store import Tx
from hub.store.records import changes, dossiers, early_messages, legs, papers
from hub.store.records.dossiers import Dossier, StatusEvent

PORTAL = "Cổng dịch vụ công"
"""Whose step the submission of a dossier is: no officer has seen it yet."""
LONGEST_NOTE = 1000
RESULT = "KET-QUA"
"""The component of result files of which the partner names no kind of result."""
_STEP = catalog.type_of(p.ProvinceProgress).name
_RECORD = catalog.type_of(p.ProvinceDossier).name


def submitted(tx: Tx, cause: Cause, payload: p.DossierSubmitted, rules: Rulebook) -> list[Message]:
    """A dossier was submitted online: open it as registered, until an officer takes it in.

    Its due date is counted from the submission until then.
    """
    procedure = rules.procedure(payload.procedure, payload.submitted_at)
    dossier = _submitted_dossier(payload, procedure, rules)
    at, message = payload.submitted_at, cause.message
    if not dossiers.add(tx, dossier):
        late_messages.empty_if_erased(tx, message.id, payload.number, now=at)
        known = dossiers.get(tx, payload.number)
        if known is None or known.erased_at:
            return []
        return late_papers.keep(tx, cause, known, rules, at=at)
    files = papers.add_files(tx, payload.number, message.attachments, message_id=message.id)
    note = "Nộp hồ sơ trực tuyến"
    event = _event(
        cause, payload.number, p.Status.REGISTERED, at=at, by=(PORTAL, PORTAL), note=note
    )
    dossiers.add_event(tx, event)
    early_messages.wake(tx, payload.number)
    if message.source == catalog.PROVINCIAL:
        return [refresh(tx, cause, dossier, rules, at=at)[1]]
    record = commands.register(
        cause, dossier, procedure, unit=rules.unit, files=files, update=False, at=at
    )
    return [record, commands.report_step(cause, dossier, event)]


def _submitted_dossier(
    payload: p.DossierSubmitted, procedure: procedures.Procedure, rules: Rulebook
) -> Dossier:
    due = rules.due_at(procedure, payload.submitted_at)
    return Dossier(
        number=payload.number,
        procedure=procedure.code,
        sector=procedure.sector,
        inter_level=procedure.inter_level,
        channel=p.Channel.ONLINE,
        applicant=payload.applicant,
        summary=payload.summary or procedure.name,
        components=payload.components,
        parcels=payload.parcels,
        officer=PORTAL,
        received_at=payload.submitted_at,
        due_at=due,
        first_due_at=due,
        status=p.Status.REGISTERED,
        status_at=payload.submitted_at,
    )


def status_set(tx: Tx, cause: Cause, payload: p.StatusSet, rules: Rulebook) -> list[Message]:
    """A partner set a status. That ends no wait for papers: the ward sees whether they came."""
    dossier = ended.existing(tx, payload.number)
    by = (payload.officer, payload.unit)
    event = _event(cause, payload.number, payload.status, at=payload.at, by=by, note=payload.note)
    if payload.status is p.Status.RETURNED:
        out = inter_level.returned(tx, cause, dossier, event, rules)
        return [message for message in out if not _is_own_step(cause, message)]
    return _to_others(tx, cause, move(tx, cause, dossier, event, rules), rules)


def supplement_requested(
    tx: Tx, cause: Cause, payload: p.SupplementRequested, rules: Rulebook
) -> list[Message]:
    """A partner asks for papers: the clock stands until the ward has them."""
    dossier = ended.existing(tx, payload.number)
    parts = [payload.reason]
    if payload.papers:
        parts.append(f"Giấy tờ: {'; '.join(payload.papers)}")
    if payload.bring_by is not None:
        parts.append(f"Hạn bổ sung: {_day(payload.bring_by)}")
    status, by = p.Status.SUPPLEMENT_REQUESTED, (payload.officer, payload.unit)
    event = _event(cause, payload.number, status, at=payload.at, by=by, note=". ".join(parts))
    moved = move(tx, cause, dossier, event, rules)
    if moved.applied and cause.message.source == catalog.TOWN_CENTER:
        leg = legs.leg_of(tx, payload.number)
        if leg is not None:  # what is scanned from now on goes to the town as its supplement
            legs.set_wanted(tx, payload.number, leg.sequence)
    return _to_others(tx, cause, moved, rules)


def payment_requested(
    tx: Tx, cause: Cause, payload: p.PaymentRequested, rules: Rulebook
) -> list[Message]:
    """A partner tells what has to be paid; its notices are kept, but not as papers handed in."""
    dossier = ended.existing(tx, payload.number)
    message = cause.message
    files = [structs.replace(file, component=NOTICE) for file in message.attachments]
    papers.add_files(tx, payload.number, files, message_id=message.id, result=True)
    parts = [_notice(it) for it in payload.notices] + [payload.note] * bool(payload.note)
    status, by = p.Status.PAYMENT_REQUESTED, (payload.officer, payload.unit)
    event = _event(cause, payload.number, status, at=payload.at, by=by, note=". ".join(parts))
    moved = move(tx, cause, dossier, event, rules)
    if files and not moved.applied:  # a further notice, of a dossier that waits for payment
        _feed(tx, cause, payload.number, ChangeKind.PAYMENT, str(int(status)), at=payload.at)
    return _to_others(tx, cause, moved, rules)


def procedure_corrected(
    tx: Tx, cause: Cause, payload: p.ProcedureCorrected, rules: Rulebook
) -> list[Message]:
    """The wrong procedure was chosen: put the right one in its place; the clock is not restarted.

    The time limit of the right procedure counts from the same reception, and what the dossier has
    waited for papers stays added. The first promise is kept beside the new due date. A dossier that
    has ended, or that has another procedure than the wrong one, keeps what it has: the word is kept
    and shown.
    """
    dossier = ended.existing(tx, payload.number)
    wrong = rules.procedure(dossier.procedure, dossier.received_at)
    right = rules.procedure(payload.right, dossier.received_at)
    why_not = _correction_refused(dossier, payload)
    note = f"Nhập sai thủ tục {payload.wrong}, đúng là {right.code}. {payload.reason}".strip()
    by = (payload.officer, payload.unit)
    event = _event(cause, payload.number, dossier.status, at=payload.at, by=by, note=note)
    dossiers.add_event(tx, replace(event, why_not=why_not), fed=False)
    if why_not:
        return []
    _feed(tx, cause, payload.number, ChangeKind.PROCEDURE, right.code, at=payload.at)
    changed = replace(
        dossier,
        procedure=right.code,
        sector=right.sector,
        # What went to the town comes back from there, whatever the right procedure is.
        inter_level=right.inter_level or legs.leg_of(tx, payload.number) is not None,
        due_at=rules.corrected_due(wrong, right, dossier.received_at, dossier.due_at),
        version=dossier.version + 1,
    )
    changed, record = refresh(tx, cause, changed, rules, at=payload.at)
    out = [record, commands.report_step(cause, changed, event)]
    return [message for message in out if not _is_own_step(cause, message)]


def result_issued(tx: Tx, cause: Cause, payload: p.ResultIssued, rules: Rulebook) -> list[Message]:
    """A partner hands over a result: keep its files; the dossier is finished."""
    dossier = ended.existing(tx, payload.number)
    message = cause.message
    # Under a code of its own: a file of one of the dossier's components is no result.
    files = [
        structs.replace(file, component=payload.result_code or RESULT)
        for file in message.attachments
    ]
    papers.add_files(tx, payload.number, files, message_id=message.id, result=True)
    parts = ["Trả kết quả", payload.document_number, payload.note]
    status, by = p.Status.FINISHED, (payload.officer, payload.unit)
    note = ". ".join(part for part in parts if part)
    event = _event(cause, payload.number, status, at=payload.at, by=by, note=note)
    moved = move(tx, cause, dossier, event, rules)
    if files and not moved.applied:  # of a dossier that was finished before its result came
        _feed(tx, cause, payload.number, ChangeKind.RESULT, str(int(status)), at=payload.at)
    if moved.applied and message.source == catalog.TOWN_CENTER:
        legs.end_leg(tx, payload.number, at=payload.at)
    return _to_others(tx, cause, moved, rules)


def _feed(tx: Tx, cause: Cause, number: str, kind: ChangeKind, code: str, *, at: datetime) -> None:
    changes.add(tx, number, kind, code, at=at, message_id=cause.message.id)


def _correction_refused(dossier: Dossier, payload: p.ProcedureCorrected) -> str | None:
    """Return why a correction does not apply, None when it does."""
    if dossier.status in ENDS:
        return f"{int(dossier.status)}: the dossier has ended"
    if procedures.core(payload.wrong) != dossier.procedure:
        return f"the procedure is {dossier.procedure}, not {payload.wrong}"
    return None


def _to_others(tx: Tx, cause: Cause, moved: Moved, rules: Rulebook) -> list[Message]:
    """Return what has to be said, for the province's own step its record in the place of it."""
    out = [message for message in moved.messages if not _is_own_step(cause, message)]
    if len(out) == len(moved.messages) or any(message.type == _RECORD for message in out):
        return out
    _, record = refresh(tx, cause, moved.dossier, rules, at=moved.dossier.status_at)
    return [record, *out]


def _is_own_step(cause: Cause, message: Message) -> bool:
    return message.type == _STEP and cause.message.source == catalog.PROVINCIAL


def _event(
    cause: Cause, number: str, status: p.Status, *, at: datetime, by: tuple[str, str], note: str
) -> StatusEvent:
    officer, unit = by
    return StatusEvent(
        number=number,
        message_id=cause.message.id,
        status=status,
        at=at,
        officer=officer,
        unit=unit,
        note=note[:LONGEST_NOTE],
    )


def _notice(notice: p.TaxNotice) -> str:
    """Return a notice as a person reads it, without the taxpayer's name."""
    amount = f"{notice.amount:,}".replace(",", ".")
    pay_by = f", hạn nộp {_day(notice.pay_by)}" if notice.pay_by is not None else ""
    return f"Thông báo {notice.notice_number}: {notice.kind} {amount} đồng{pay_by}"


def _day(at: datetime) -> str:
    return local(at).strftime("%d/%m/%Y")
