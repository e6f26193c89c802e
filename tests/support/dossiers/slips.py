"""A land dossier that waited for papers, and evidence of its hand-overs, for its pages."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.messages.local_time import LOCAL
from hub.messages.payloads import Applicant, Channel, Component, Status
from hub.store.engine.store import Tx
from hub.store.evidence import handovers
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier, StatusEvent
from tests.support.works import AT, number

NAME = "Nguyễn Văn Mẫu"
RECEIVED = datetime(2018, 8, 27, 10, 0, tzinfo=LOCAL)
DUE = datetime(2018, 9, 19, 17, 0, tzinfo=LOCAL)


def add_dossier(
    tx: Tx, n: int = 1, *, due: datetime = DUE, components: Sequence[Component] = ()
) -> None:
    """Have a land dossier that waited for papers for one working day."""
    dossier = Dossier(
        number=number(n),
        procedure="2.000880",
        sector="G13-TN02",
        inter_level=True,
        channel=Channel.COUNTER,
        applicant=Applicant(name=NAME),
        summary="",
        components=tuple(components),
        parcels=(),
        officer="",
        received_at=RECEIVED,
        due_at=due,
        first_due_at=DUE - timedelta(days=1),
        status=Status.PROCESSING,
        status_at=RECEIVED,
    )
    dossiers.add(tx, dossier)
    for status, days in ((Status.SUPPLEMENT_REQUESTED, 1), (Status.PROCESSING, 2)):
        event = StatusEvent(
            number=number(n),
            message_id=f"e-{n}-{days}",
            status=status,
            at=RECEIVED + timedelta(days=days),
            officer="",
            unit="",
        )
        dossiers.add_event(tx, event, fed=False)


def hand_over(tx: Tx, *outcomes: str, partner: str = "provincial", receipt: str = "") -> None:
    """Have a row of evidence for each outcome."""
    handovers.record(
        tx,
        [
            handovers.without_call(
                1,
                partner=partner,
                number=number(1),
                operation="DongBoHoSoMC",
                kind="send",
                outcome=outcome,
                now=AT + timedelta(minutes=n),
                receipt=receipt,
            )
            for n, outcome in enumerate(outcomes)
        ],
    )
