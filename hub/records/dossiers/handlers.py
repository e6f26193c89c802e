"""What the records do with each message they read: one method or function a message type.

Inside the given transaction a handler reads and writes the ward's records and returns what has to
be said. Publishing is not its business. A message about a dossier that is not here yet is early;
one that breaks a rule of the field is invalid and leaves nothing behind.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Any

from msgspec import structs

from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.ports import Receipt
from hub.records.dossiers import (
    commands,
    ended,
    inter_level,
    late_papers,
    partner_calls,
    unread_pages,
)
from hub.records.dossiers.commands import Cause
from hub.records.dossiers.progress import move, refresh
from hub.records.registers import surveys
from hub.records.registers.procedures import Procedure
from hub.records.rulebook import Rulebook
from hub.rules.failures.errors import EarlyMessage
from hub.rules.retention.paper_refresh import refresh_at_once
from hub.store.archive import late_messages
from hub.store.engine.store import Tx
from hub.store.records import dossier_batches, dossiers, early_messages, legs, papers
from hub.store.records import surveys as survey_store
from hub.store.records.dossiers import Dossier, StatusEvent

RESUMING = frozenset({p.Status.ACCEPTED, p.Status.PROCESSING})
"""Statuses with which an officer ends a wait for papers."""


class Records:
    """The handler of the queue of the records."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self._handlers: dict[type[p.Payload], Callable[[Tx, Cause, Any], list[Message]]] = {
            p.DossierReceived: self.received,
            p.DocumentScanned: self.scanned,
            p.PagesUnread: unread_pages.leave_to_person,
            p.BarcodeScanned: self.barcode,
            p.DossierProgressed: self.progressed,
            p.SurveySubmitted: self.surveyed,
            p.TownStepReported: self.town_reported,
            p.DossierSubmitted: partial(partner_calls.submitted, rules=rules),
            p.StatusSet: partial(partner_calls.status_set, rules=rules),
            p.SupplementRequested: partial(partner_calls.supplement_requested, rules=rules),
            p.PaymentRequested: partial(partner_calls.payment_requested, rules=rules),
            p.ProcedureCorrected: partial(partner_calls.procedure_corrected, rules=rules),
            p.ResultIssued: partial(partner_calls.result_issued, rules=rules),
        }

    def __call__(self, tx: Tx, message: Message, payload: p.Payload) -> Iterable[Message]:
        """Handle one message; return what has to be said."""
        try:
            return self._handlers[type(payload)](tx, Cause(message), payload)
        except EarlyMessage:
            ended.refuse_archived(tx, message.key)  # too late, not too early
            raise

    def together(self, tx: Tx, messages: Sequence[Message]) -> AbstractContextManager[None]:
        """Read what a batch of messages is about at once, and write what they change at once."""
        return dossier_batches.together(tx, {it.key for it in messages if it.key})

    def check(self, payload: p.Payload) -> None:
        """Raise InvalidMessage for what the rules of the field refuse; reads no record."""
        match payload:
            case p.DossierReceived(received_at=at) | p.DossierSubmitted(submitted_at=at):
                self.rules.check_number(payload.number)
                procedure = self.rules.procedure(payload.procedure, at)
                self.rules.check_applicant(procedure, payload.applicant.kind, at)
                self.rules.due_at(procedure, at)
            case p.ProcedureCorrected():
                self.rules.procedure(payload.right, payload.at)
            case p.SurveySubmitted():
                surveys.check(payload.scores)
            case _:
                pass

    def received(self, tx: Tx, cause: Cause, payload: p.DossierReceived) -> list[Message]:
        """A dossier was taken in: open it, register it at the province, hand it over if ready."""
        self.check(payload)
        procedure = self.rules.procedure(payload.procedure, payload.received_at)
        dossier = self._opened(payload, procedure)
        if not dossiers.add(tx, dossier):
            number, at = payload.number, payload.received_at
            late_messages.empty_if_erased(tx, cause.message.id, number, now=at)
            return self._received_online(tx, cause, dossier)
        files = papers.add_files(
            tx, dossier.number, cause.message.attachments, message_id=cause.message.id
        )
        event = self._event(cause, dossier, p.Status.ACCEPTED, note="Tiếp nhận hồ sơ")
        dossiers.add_event(tx, event)
        at = payload.received_at
        order = commands.register(
            cause, dossier, procedure, unit=self.rules.unit, files=files, update=False, at=at
        )
        out = [order, commands.report_step(cause, dossier, event)]
        handed_over: list[Message] = []
        if files and inter_level.is_complete(dossier, files):
            handed_over = inter_level.hand_over(
                tx, cause, dossier, self.rules, files=files, officer=payload.officer, at=at
            )
        if not handed_over:
            early_messages.wake(tx, dossier.number)
        return out + handed_over

    def _opened(self, payload: p.DossierReceived, procedure: Procedure) -> Dossier:
        """Return the dossier as it begins, with its due date."""
        due = self.rules.due_at(procedure, payload.received_at)
        return Dossier(
            number=payload.number,
            procedure=procedure.code,
            sector=procedure.sector,
            inter_level=procedure.inter_level,
            channel=payload.channel,
            applicant=payload.applicant,
            summary=payload.summary or procedure.name,
            components=payload.components,
            parcels=payload.parcels,
            officer=payload.officer,
            received_at=payload.received_at,
            due_at=due,
            first_due_at=due,
            status=p.Status.ACCEPTED,
            status_at=payload.received_at,
        )

    def _received_online(self, tx: Tx, cause: Cause, received: Dossier) -> list[Message]:
        """An officer took in what was submitted online; whatever else is here is not changed."""
        known = dossiers.get(tx, received.number)
        if known is None or known.erased_at:
            return []
        if known.status is not p.Status.REGISTERED:
            at = received.received_at
            return late_papers.keep(tx, cause, known, self.rules, at=at)
        files = cause.message.attachments
        papers.add_files(tx, known.number, files, message_id=cause.message.id)
        event = self._event(cause, received, p.Status.ACCEPTED, note="Tiếp nhận hồ sơ trực tuyến")
        return list(move(tx, cause, known, event, self.rules).messages)

    def scanned(self, tx: Tx, cause: Cause, payload: p.DocumentScanned) -> list[Message]:
        """A paper was digitised: keep it, update the province, hand over when all are there.

        Of a dossier with many pages the province is not told of each
        (`hub/rules/retention/paper_refresh.py`). One that comes after the hand-over waits for the
        officer's word, see `progressed`.
        """
        dossier = ended.existing(tx, payload.number)
        attached = cause.message.attachments
        files = [structs.replace(file, component=payload.component) for file in attached]
        papers.add_files(tx, dossier.number, files, message_id=cause.message.id)
        dossier = replace(dossier, version=dossier.version + 1)
        at, out = payload.scanned_at, list[Message]()
        if refresh_at_once(papers.count_of(tx, dossier.number), dossier.files_told):
            dossier, record = refresh(tx, cause, dossier, self.rules, at=at)
            out.append(record)
        else:
            dossier = replace(dossier, refresh_wanted_at=at)
            dossiers.save(tx, dossier)
        if dossier.inter_level and legs.leg_of(tx, dossier.number) is None:
            scanned = papers.files_of(tx, dossier.number, result=False)
            if inter_level.is_complete(dossier, scanned):
                out += inter_level.hand_over(
                    tx, cause, dossier, self.rules, files=scanned, officer=dossier.officer, at=at
                )
        return out

    def barcode(self, tx: Tx, cause: Cause, payload: p.BarcodeScanned) -> list[Message]:
        """A receipt was read: at the return desk that hands out a finished result.

        Of one that is not finished the scan is kept and moves nothing: somebody may only have
        asked how far it is.
        """
        dossier = ended.existing(tx, payload.number)
        if payload.station is not p.Station.RETURN or dossier.status is p.Status.RETURNED:
            return []
        event = replace(
            self._event(cause, dossier, p.Status.RETURNED, note="Trả kết quả tại bộ phận một cửa"),
            at=payload.scanned_at,
        )
        if dossier.status is not p.Status.FINISHED:
            why_not = f"{int(dossier.status)} -> 10: scanned before it was finished"
            dossiers.add_event(tx, replace(event, why_not=why_not))
            return []
        return inter_level.returned(tx, cause, dossier, event, self.rules)

    def progressed(self, tx: Tx, cause: Cause, payload: p.DossierProgressed) -> list[Message]:
        """An officer moved the dossier on."""
        dossier = ended.existing(tx, payload.number)
        event = StatusEvent(
            number=payload.number,
            message_id=cause.message.id,
            status=payload.status,
            at=payload.at,
            officer=payload.officer,
            unit=payload.unit,
            note=payload.note,
        )
        if payload.status is p.Status.RETURNED:
            return inter_level.returned(tx, cause, dossier, event, self.rules)
        if payload.status is p.Status.PROCESSING and dossier.inter_level:
            files = papers.files_of(tx, dossier.number, result=False)
            at, officer = payload.at, payload.officer
            if order := inter_level.hand_over(
                tx, cause, dossier, self.rules, files=files, officer=officer, at=at
            ):
                return order
        # an officer who takes the work up again has what was asked for
        moved = move(tx, cause, dossier, event, self.rules, resumes=True)
        out = list(moved.messages)
        if moved.applied and payload.status in RESUMING and dossier.inter_level:
            paused = dossier.status is p.Status.SUPPLEMENT_REQUESTED
            out += inter_level.resume_work(
                tx,
                cause,
                moved.dossier,
                self.rules,
                paused=paused,
                officer=payload.officer,
                at=payload.at,
            )
        return out

    def surveyed(self, tx: Tx, _cause: Cause, payload: p.SurveySubmitted) -> list[Message]:
        """A satisfaction slip came; it stays in the ward."""
        self.check(payload)
        survey_store.add(tx, payload)
        return []

    def town_reported(self, tx: Tx, cause: Cause, payload: p.TownStepReported) -> list[Message]:
        """The town reported a step."""
        return inter_level.reported(tx, cause, payload, self.rules)

    def delivered(self, tx: Tx, message: Message, receipt: Receipt) -> None:
        """A partner took a message: remember under which number it keeps the dossier."""
        if message.type == "town.transfer" and receipt.reference:
            legs.set_child(tx, message.key, receipt.reference)

    def _event(self, cause: Cause, dossier: Dossier, status: p.Status, *, note: str) -> StatusEvent:
        return StatusEvent(
            number=dossier.number,
            message_id=cause.message.id,
            status=status,
            at=dossier.received_at,
            officer=dossier.officer,
            unit=self.rules.unit,
            note=note,
        )
