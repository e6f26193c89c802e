"""The growth benchmark makes its seed old, so that there is something to archive."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from hub.rules.retention.ends import KeepReason, why_kept
from hub.store.archive import candidates, rows
from hub.store.evidence import handovers
from hub.store.evidence.chain import HANDOVERS
from hub.store.evidence.verification import verify
from hub.store.schema.tables.exchange import journal
from tests.benchmarks.growth.stores.aged import age
from tests.support.archive.ended import end, number, take_in
from tests.support.ward import MONDAY, Ward, open_ward
from tests.support.works import now

NEXT_DAY = MONDAY + timedelta(days=1)


def kept(ward: Ward, n: int) -> KeepReason | None:
    """Return what keeps a dossier from being archived on the day after its last."""
    with ward.store.read() as tx:
        (here,) = rows.load(tx, [number(n)])
    return why_kept(candidates.facts_of(here, on_hold=False), before=NEXT_DAY)


def hand_over(ward: Ward, n: int) -> None:
    """Record a hand-over of a dossier."""
    made = handovers.Handover(
        delivery_id=n,
        attempt=1,
        partner="provincial",
        operation="DongBoHoSoMC",
        number=number(n),
        direction=handovers.OUT,
        kind="send",
        request_hash="a" * 64,
        response_hash="b" * 64,
        sent_at=None,
        answered_at=now(),
        receipt=f"P-{n}",
        recorded_at=now(),
        outcome="delivered",
    )
    with ward.store.write() as tx:
        handovers.record(tx, [made])


def test_finished_dossiers_become_old_and_open_ones_stay(tmp_path: Path) -> None:
    """What is finished may be archived when its own days are over; what is open is as recent as it
    was; the chain of the hand-overs is whole; and a second time changes nothing."""
    with open_ward(tmp_path) as ward:
        end(ward, 1)
        take_in(ward, 2)
        hand_over(ward, 1)
        hand_over(ward, 2)
        assert kept(ward, 1) is KeepReason.TOO_YOUNG
        age(str(ward.store.engine.url))
        assert kept(ward, 1) is None
        with ward.store.read() as tx:
            first, second = (handovers.of_dossier(tx, number(n)) for n in (1, 2))
            recorded = sa.select(sa.func.min(journal.c.recorded_at))
            opened = tx.execute(recorded.where(journal.c.key == number(2))).scalar_one()
            verdict = verify(tx, HANDOVERS)
        assert first[0].recorded_at < NEXT_DAY < second[0].recorded_at
        assert opened > NEXT_DAY
        assert not verdict.problems
        assert verdict.head == second[0].hash
        age(str(ward.store.engine.url))
        with ward.store.read() as tx:
            assert handovers.of_dossier(tx, number(1)) == first
