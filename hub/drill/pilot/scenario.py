"""The plan of the pilot: which dossiers come when, and what the ward's officers do with them.

Pure: the same seed gives the same plan. The mix is the article's (pilot.toml); people are made up,
with identity numbers and phones that cannot exist. What comes of the plan is not written here: it
is counted afterwards in the hub's store and in the partners' ledgers.
"""

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files

from hub.messages import payloads as p
from hub.records.rulebook import Rulebook

_FAMILY = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Võ", "Đặng", "Bùi", "Hồ"]
_MIDDLE = ["Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh"]
_GIVEN = ["Mẫu", "Thử", "Dụ", "Giả", "Tập", "Diễn", "Nháp", "Ví"]
_OFFICERS = ("Trần Thị Tiếp Nhận", "Lê Văn Thẩm Định", "Phạm Thị Hộ Tịch", "Võ Văn Địa Chính")


@dataclass(frozen=True, slots=True)
class Share:
    """One sector's part of the mix."""

    sector: str
    count: int
    procedures: tuple[str, ...]
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Mix:
    """The article's figures that the plan is made from."""

    first_day: date
    until: datetime
    slips: int
    shares: tuple[Share, ...]

    @property
    def total(self) -> int:
        """Number of dossiers."""
        return sum(share.count for share in self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One dossier of the plan; times are business times."""

    reception: p.DossierReceived
    inter_level: bool
    scanned: tuple[str, ...]
    """Codes of the components that are digitised."""
    processing_at: datetime
    finished_at: datetime | None
    """When the ward finishes it; None where the town does."""
    returned_after: timedelta
    """Working time between finished and handed out."""
    slip: str
    """Number of the satisfaction slip, "" when the citizen gave none."""

    @property
    def number(self) -> str:
        """The dossier number."""
        return self.reception.number


def load_mix() -> Mix:
    """Return the mix of the pilot."""
    data = tomllib.loads(
        files("hub.drill.pilot").joinpath("pilot.toml").read_text(encoding="utf-8")
    )
    first, until = data["first_day"], data["until"]
    shares = tuple(
        Share(
            sector=entry["sector"],
            count=entry["count"],
            procedures=tuple(entry["procedures"]),
            first_day=entry.get("first_day", first),
            last_day=entry.get("last_day", until.date()),
        )
        for entry in data["share"]
    )
    return Mix(first, until, data["slips"], shares)


def scaled(mix: Mix, dossiers: int) -> Mix:
    """Return the same mix with `dossiers` in all, rounded so that the sum is exact."""
    exact = [share.count * dossiers / mix.total for share in mix.shares]
    counts = [int(value) for value in exact]
    by_rest = sorted(range(len(exact)), key=lambda n: exact[n] - counts[n], reverse=True)
    for place in by_rest[: dossiers - sum(counts)]:
        counts[place] += 1
    shares = tuple(
        Share(share.sector, count, share.procedures, share.first_day, share.last_day)
        for share, count in zip(mix.shares, counts, strict=True)
    )
    slips = round(mix.slips * dossiers / mix.total)
    return Mix(mix.first_day, mix.until, slips, shares)


def plan(mix: Mix, rules: Rulebook, *, seed: int, agency: str, first: int = 1) -> Iterator[Planned]:
    """Yield the dossiers in the order of their reception; `first`: a day's first number."""
    draw = random.Random(seed)  # noqa: S311 - a plan, not a secret
    moments = sorted(
        (
            (rules.working_moment(draw, share.first_day, share.last_day, mix.until), share)
            for share in mix.shares
            for _ in range(share.count)
        ),
        key=lambda pair: pair[0],
    )
    with_slip = set(draw.sample(range(len(moments)), min(mix.slips, len(moments))))
    numbers = _numbers(rules, agency, moments, first)
    for place, ((moment, share), number) in enumerate(zip(moments, numbers, strict=True)):
        slip = f"P-{place:05d}" if place in with_slip else ""
        yield _planned(draw, rules, share, moment, mix.until, number, slip)


def _numbers(
    rules: Rulebook, agency: str, moments: list[tuple[datetime, Share]], first: int
) -> Iterator[str]:
    day, count = None, first
    for moment, _ in moments:
        count = count + 1 if moment.date() == day else first
        day = moment.date()
        yield rules.number(agency, day, count)


def _planned(
    draw: random.Random,
    rules: Rulebook,
    share: Share,
    moment: datetime,
    until: datetime,
    number: str,
    slip: str,
) -> Planned:
    procedure = rules.procedure(draw.choice(share.procedures), moment)
    components = procedure.components
    reception = p.DossierReceived(
        number=number,
        procedure=procedure.code,
        applicant=_applicant(draw),
        summary=procedure.name,
        received_at=moment,
        components=components,
        parcels=(_parcel(draw),) if procedure.sector == "G13-TN02" else (),
        officer=_OFFICERS[0],
    )
    due = min(rules.due_at(procedure, moment), until)
    available = rules.working_time_between(moment, due)
    begun = rules.add_working_time(moment, min(timedelta(minutes=10), available * 0.1))
    done = rules.add_working_time(moment, available * draw.uniform(0.2, 0.7))
    codes = tuple(component.code for component in components)
    return Planned(
        reception=reception,
        inter_level=procedure.inter_level,
        scanned=codes if procedure.inter_level else codes[:1],
        processing_at=begun,
        finished_at=None if procedure.inter_level else done,
        returned_after=available * draw.uniform(0.02, 0.2),
        slip=slip,
    )


def _applicant(draw: random.Random) -> p.Applicant:
    name = f"{draw.choice(_FAMILY)} {draw.choice(_MIDDLE)} {draw.choice(_GIVEN)}"
    return p.Applicant(
        name=name,
        identity_number=f"000{draw.randrange(10**9):09d}",
        phone=f"0000{draw.randrange(10**6):06d}",
        address=f"Tổ dân phố {draw.randrange(1, 10)}, phường Hương Xuân",
    )


def _parcel(draw: random.Random) -> p.Parcel:
    return p.Parcel(
        number=str(draw.randrange(1, 900)),
        map_sheet=str(draw.randrange(1, 60)),
        area_m2=round(draw.uniform(60, 900), 1),
        address="phường Hương Xuân, thị xã Hương Trà",
    )
