"""How a dossier and its parts are shown to a partner: from the rows of the store to records.

Times are in the ward's zone. Nothing of the applicant is shown.
"""

from hub.gateway.partner_calls import records
from hub.records.deadlines.calendar import local
from hub.records.dossiers.status import LABELS
from hub.store.records.dossiers import Dossier, StatusEvent
from hub.store.records.papers import Paper


def shown_dossier(dossier: Dossier) -> records.DossierShown:
    """Return the state of a dossier."""
    return records.DossierShown(
        number=dossier.number,
        procedure=dossier.procedure,
        channel=int(dossier.channel),
        inter_level=dossier.inter_level,
        status=int(dossier.status),
        status_name=LABELS[dossier.status][0],
        status_at=local(dossier.status_at),
        received_at=local(dossier.received_at),
        due_at=local(dossier.due_at),
        first_due_at=local(dossier.first_due_at),
        finished_at=dossier.finished_at and local(dossier.finished_at),
        returned_at=dossier.returned_at and local(dossier.returned_at),
        supplement_since=dossier.supplement_since and local(dossier.supplement_since),
        version=dossier.version,
    )


def shown_step(step: StatusEvent) -> records.StepShown:
    """Return one event of a dossier's timeline."""
    return records.StepShown(
        status=int(step.status),
        status_name=LABELS[step.status][0],
        at=local(step.at),
        officer=step.officer,
        unit=step.unit,
        note=step.note,
        applied=step.why_not is None,
        why_not=step.why_not,
    )


def shown_file(paper: Paper) -> records.FileShown:
    """Return what is told of a file."""
    file = paper.file
    return records.FileShown(
        sha256=file.sha256,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        component=file.component,
        is_result=paper.is_result,
    )
