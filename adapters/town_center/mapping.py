"""Between the hub's payloads and the town's contract: pure, no I/O, no clock.

A code without a counterpart on the other side is refused (`mapping_missing`), never defaulted.
Every attachment of the message is in what is sent: under its paper, or among the other files.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from adapters.town_center import contract
from adapters.town_center.settings import TownSettings
from hub.messages import catalog
from hub.messages.envelope import Attachment, Message
from hub.messages.identifiers import derive_id
from hub.messages.local_time import LOCAL
from hub.messages.payloads import (
    Applicant,
    ApplicantKind,
    Payload,
    TownResultReturned,
    TownStepReported,
    TownSupplement,
    TownTransfer,
)
from hub.rules.failures.errors import PermanentFailure

APPLICANT_KINDS: dict[ApplicantKind, int] = {
    ApplicantKind.CITIZEN: 0,
    ApplicantKind.ENTERPRISE: 1,
}
"""National kind of applicant -> the town's. The town's 2 (household business) has no national
counterpart; state bodies (3) and organisations (4) have none at the town."""

_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")
_NATIONAL_CODE = re.compile(r"[0-9]\.[0-9]{6}")

Body = contract.Transfer | contract.Supplement | contract.ResultReturned


def body_of(message: Message, payload: Payload, settings: TownSettings) -> tuple[str, Body]:
    """Return (operation, body) for `message`; raises PermanentFailure."""
    match payload:
        case TownTransfer():
            return "TiepNhanHoSo", transfer(payload, message.attachments, settings)
        case TownSupplement():
            return "CapNhatTrangThaiBoSungHoSo", supplement(payload, message.attachments, settings)
        case TownResultReturned():
            return "CapNhatKetQuaTraHoSo", result_returned(payload)
        case _:
            raise PermanentFailure("prepare_failed", f"{message.type} is not for the town")


def transfer(
    payload: TownTransfer, attachments: Iterable[Attachment], settings: TownSettings
) -> contract.Transfer:
    """Return the hand-over of a dossier with its papers and files."""
    files = _by_component(attachments, settings)
    papers = tuple(
        contract.Paper(
            code=component.code,
            name=component.name,
            originals=component.originals,
            copies=component.copies,
            files=tuple(files.pop(component.code, ())),
        )
        for component in payload.components
    )
    return contract.Transfer(
        number=payload.number,
        version=payload.version,
        officer=payload.officer,
        received_at=_local(payload.received_at),
        due_at=_local(payload.due_at),
        transferred_at=_local(payload.transferred_at),
        submitter=_submitter(payload.applicant),
        process=contract.Process(
            code=process_code(payload.procedure, settings), name=payload.procedure_name
        ),
        parcels=tuple(
            contract.LandParcel(
                number=parcel.number,
                map_sheet=parcel.map_sheet,
                area_m2=parcel.area_m2,
                address=parcel.address,
            )
            for parcel in payload.parcels
        ),
        papers=papers,
        other_files=tuple(file for group in files.values() for file in group),
    )


def supplement(
    payload: TownSupplement, attachments: Iterable[Attachment], settings: TownSettings
) -> contract.Supplement:
    """Return what was handed in later, by paper."""
    return contract.Supplement(
        number=payload.number,
        version=payload.version,
        supplied_at=_local(payload.supplied_at),
        due_at=_local(payload.due_at),
        note=payload.note,
        papers=tuple(
            contract.SuppliedPaper(code=code, files=tuple(files))
            for code, files in _by_component(attachments, settings).items()
        ),
    )


def result_returned(payload: TownResultReturned) -> contract.ResultReturned:
    """Return the word that the applicant has the result."""
    return contract.ResultReturned(
        number=payload.number,
        version=payload.version,
        returned_at=_local(payload.returned_at),
        note=payload.note,
    )


def process_code(procedure: str, settings: TownSettings) -> str:
    """Return the town's process: the configured one, else the national code without suffixes.

    A local code is a national one with the agency behind it (`2.000815.000.00.00.H55`); the town
    knows the core. Raises PermanentFailure `mapping_missing` when there is none.
    """
    configured = settings.processes.get(procedure)
    if configured:
        return configured
    core = _NATIONAL_CODE.match(procedure)
    if core is None:
        raise PermanentFailure("mapping_missing", f"MaQuyTrinh: no process for {procedure}")
    return core.group()


def encode_body(body: Body) -> bytes:
    """Return the JSON of `body`, checked against the contract's limits.

    Raises PermanentFailure `prepare_failed` naming the field: records are built unchecked.
    """
    encoded = msgspec.json.encode(body)
    try:
        msgspec.json.decode(encoded, type=type(body))
    except msgspec.ValidationError as error:
        raise PermanentFailure("prepare_failed", str(error)) from None
    return encoded


def step_message(report: contract.StepReport, attachments: Iterable[Attachment]) -> Message:
    """Return the message of a reported step; the same report gives the same id.

    The id covers the event id besides number and sequence: another event under a used sequence
    is a different message, for the journal to refuse as a second telling, never a silent twin.
    """
    payload = TownStepReported(
        number=report.number,
        sequence=report.sequence,
        step=report.step,
        at=step_time(report.at),
        officer=report.officer,
        note=report.note,
    )
    identity = derive_id(catalog.TOWN_CENTER, report.number, str(report.sequence), report.event_id)
    return catalog.compose(
        payload,
        time=payload.at,
        source=catalog.TOWN_CENTER,
        id=identity,
        attachments=attachments,
    )


def attachment(file: contract.ResultFile) -> Attachment:
    """Return the claim check of a result file as it was announced.

    Its name without what no file of ours is called ("GCN 12/2018.pdf"), its media type without
    parameters ("application/pdf; name=...").
    """
    return Attachment(
        name=_NOT_IN_A_NAME.sub("_", file.name),
        media_type=file.media_type.partition(";")[0].strip(),
        size=file.size,
        sha256=file.sha256,
        component=file.code,
    )


def step_time(reported: datetime) -> datetime:
    """Return a callback's time in local time. Without an offset it is UTC, as the town sends it;
    reading it as local would put every step seven hours early."""
    return (reported if reported.tzinfo else reported.replace(tzinfo=UTC)).astimezone(LOCAL)


def _submitter(applicant: Applicant) -> contract.Submitter:
    kind = APPLICANT_KINDS.get(applicant.kind)
    if kind is None:
        raise PermanentFailure("mapping_missing", f"LoaiDoiTuong: no code for {applicant.kind:d}")
    return contract.Submitter(
        kind=kind,
        name=applicant.name,
        identity_number=applicant.identity_number,
        address=applicant.address,
        phone=applicant.phone,
        email=applicant.email,
    )


def _by_component(
    attachments: Iterable[Attachment], settings: TownSettings
) -> dict[str, list[contract.File]]:
    files: dict[str, list[contract.File]] = {}
    for attachment in attachments:
        file = contract.File(
            name=attachment.name,
            media_type=attachment.media_type,
            size=attachment.size,
            sha256=attachment.sha256,
            url=f"{settings.file_base_url.rstrip('/')}/{attachment.sha256}",
        )
        files.setdefault(attachment.component, []).append(file)
    return files


def _local(moment: datetime) -> datetime:
    return moment.astimezone(LOCAL)
