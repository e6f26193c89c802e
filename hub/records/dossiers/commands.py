"""What the records tell the partners: each function turns a dossier into one message.

Pure. The id of a message derives from what caused it, so handling the same cause twice says the
same thing, and the store keeps it once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Attachment, Message
from hub.messages.identifiers import derive_id
from hub.records.registers.procedures import Procedure
from hub.store.records.dossiers import Dossier, StatusEvent

SOURCE = catalog.RECORDS


@dataclass(frozen=True, slots=True)
class Cause:
    """The message that is being handled; what it brings about refers to it."""

    message: Message

    def emit(
        self, payload: p.Payload, part: str, *, time: datetime, files: Iterable[Attachment] = ()
    ) -> Message:
        """Return a message caused by this one; `part` tells several of a type apart."""
        name = catalog.type_of(payload).name
        return catalog.compose(
            payload,
            time=time,
            source=SOURCE,
            id=derive_id(self.message.id, name, part),
            correlation_id=self.message.correlation_id,
            causation_id=self.message.id,
            attachments=files,
        )


def register(
    cause: Cause,
    dossier: Dossier,
    procedure: Procedure,
    *,
    unit: str,
    files: Iterable[Attachment],
    update: bool,
    at: datetime,
) -> Message:
    """Tell the province the present state of a dossier: new, or brought up to date."""
    payload = p.ProvinceDossier(
        number=dossier.number,
        version=dossier.version,
        update=update,
        procedure=procedure.code,
        procedure_name=procedure.name,
        sector=procedure.sector,
        sector_name=procedure.sector_name,
        channel=dossier.channel,
        applicant=dossier.applicant,
        summary=dossier.summary,
        received_at=dossier.received_at,
        due_at=dossier.due_at,
        status=dossier.status,
        finished_at=dossier.finished_at,
        returned_at=dossier.returned_at,
        unit=unit,
        components=dossier.components,
    )
    return cause.emit(payload, str(dossier.version), time=at, files=files)


def report_step(cause: Cause, dossier: Dossier, event: StatusEvent) -> Message:
    """Tell the province one step."""
    payload = p.ProvinceProgress(
        number=dossier.number,
        version=dossier.version,
        status=event.status,
        at=event.at,
        officer=event.officer,
        unit=event.unit,
        text=event.note,
        due_at=dossier.due_at,
    )
    return cause.emit(payload, str(dossier.version), time=event.at)


def transfer(
    cause: Cause,
    dossier: Dossier,
    procedure: Procedure,
    *,
    files: Iterable[Attachment],
    officer: str,
    at: datetime,
) -> Message:
    """Hand the dossier over to the town."""
    payload = p.TownTransfer(
        number=dossier.number,
        version=dossier.version,
        procedure=procedure.code,
        procedure_name=procedure.name,
        applicant=dossier.applicant,
        received_at=dossier.received_at,
        due_at=dossier.due_at,
        transferred_at=at,
        officer=officer,
        components=dossier.components,
        parcels=dossier.parcels,
    )
    return cause.emit(payload, "", time=at, files=files)


def supply(
    cause: Cause, dossier: Dossier, *, files: Iterable[Attachment], note: str, at: datetime
) -> Message:
    """Give the town what it asked for."""
    payload = p.TownSupplement(
        number=dossier.number,
        version=dossier.version,
        supplied_at=at,
        due_at=dossier.due_at,
        note=note,
    )
    return cause.emit(payload, "", time=at, files=files)


def report_returned(cause: Cause, dossier: Dossier, *, at: datetime) -> Message:
    """Tell the town that the applicant has the result."""
    payload = p.TownResultReturned(number=dossier.number, version=dossier.version, returned_at=at)
    return cause.emit(payload, "", time=at)
