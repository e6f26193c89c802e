"""The messages of a trial: a ward's ordinary day, each dossier under a number of its own.

Of four dossiers one is inter-level: an officer hands it over, and the town reports two steps. The
others are received, processed, finished and returned. What is said of a dossier keeps its order and
stands `APART` messages apart, as when many dossiers are worked on at the same time.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import count, islice

from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.records.rulebook import Rulebook

AGENCY = "000.99.01.H57"
MORNING = datetime(2018, 8, 6, 8, 30, tzinfo=timezone(timedelta(hours=7)))
BIRTH, LAND = "1.001193", "2.000880"
APART = 50
OFFICER, UNIT = "Lê Văn Thử", "Địa chính - Xây dựng"
NOTE = "Thẩm tra hồ sơ, xác minh thực địa và lấy ý kiến khu dân cư."
OF_DOSSIER = 4
"""Messages."""


def ingoing(process: int, total: int) -> list[Message]:
    """Return what counter, officers and the town say, in its order."""
    return list(islice(_day(process), total))


def outgoing(process: int, total: int) -> list[Message]:
    """Return steps for the province, each of another dossier."""
    return [_told(process * 500_000 + number) for number in range(total)]


def _day(process: int) -> Iterator[Message]:
    rules = Rulebook.load()
    for first in count(process * 500_000 + 1, APART):
        stories = [_story(rules, number) for number in range(first, first + APART)]
        for place in range(OF_DOSSIER):
            for story in stories:
                yield story[place]


def _story(rules: Rulebook, place: int) -> list[Message]:
    number = rules.number(AGENCY, MORNING.date(), place)
    land = place % 4 == 0
    procedure = rules.procedure(LAND if land else BIRTH, MORNING)
    received = p.DossierReceived(
        number=number,
        procedure=procedure.code,
        applicant=p.Applicant(name="Nguyễn Văn Mẫu", identity_number="000000000001"),
        received_at=MORNING,
        components=procedure.components,
        parcels=(p.Parcel(number="17", map_sheet="9", area_m2=250.0),) if land else (),
        officer=OFFICER,
    )
    told = [_say(received, MORNING, "counter-1")]
    at = MORNING + timedelta(minutes=5)
    told.append(_say(_moved(number, p.Status.PROCESSING, at), at, "workstation-2"))
    if land:
        steps = (p.TownStep.ACCEPTED, p.TownStep.MOVED_ON)
        for sequence, step in enumerate(steps, 1):
            at += timedelta(minutes=5)
            said = p.TownStepReported(
                number=number, sequence=sequence, step=step, at=at, officer="CB Thị xã", note=NOTE
            )
            told.append(_say(said, at, catalog.TOWN_CENTER))
    else:
        for status in (p.Status.FINISHED, p.Status.RETURNED):
            at += timedelta(minutes=5)
            told.append(_say(_moved(number, status, at), at, "workstation-2"))
    return told


def _moved(number: str, status: p.Status, at: datetime) -> p.DossierProgressed:
    return p.DossierProgressed(
        number=number, status=status, at=at, officer=OFFICER, unit=UNIT, note=NOTE
    )


def _say(payload: p.Payload, at: datetime, source: str) -> Message:
    return catalog.compose(payload, time=at, source=source)


def _told(place: int) -> Message:
    payload = p.ProvinceProgress(
        number=f"{AGENCY}-180806-{place:07d}",
        version=2,
        status=p.Status.PROCESSING,
        at=MORNING,
        officer=OFFICER,
        unit=UNIT,
        text=NOTE,
    )
    return catalog.compose(payload, time=MORNING, source="records")
