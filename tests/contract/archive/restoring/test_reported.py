"""The report of a store from which dossiers were archived says what it leaves out."""

import asyncio
from datetime import timedelta
from io import StringIO
from pathlib import Path

from rich.console import Console

from adapters.simulation.ledger import Effect, Ledger
from hub.drill.pilot import report as reporting
from hub.drill.pilot import table
from hub.messages.catalog import PROVINCIAL
from hub.operations.archive import restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.run.archiving import run
from hub.records.rulebook import Rulebook
from hub.store.conservation.balance import delivered_by_lane
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import LONG_AFTER, end, take_in
from tests.support.ward import Ward


def ledger_of(ward: Ward, path: Path) -> Path:
    """Write the ledger of a province that has exactly what was delivered."""
    effects = []
    with ward.store.read() as tx:
        for number, type, count in delivered_by_lane(tx, PROVINCIAL):
            creates = reporting.CREATES[PROVINCIAL]
            for n in range(count):
                kind = "dossier" if type == creates and n == 0 else "event"
                key = f"{type}-{n}"
                effects.append(Effect(kind=kind, operation=type, dossier=number, key=key))
    ledger = Ledger(path)
    asyncio.run(ledger.record(effects))
    ledger.close()
    return path


def test_the_report_says_what_was_archived_and_from_when_it_is_complete(
    ward: Ward, archive: Archive, tmp_path: Path
) -> None:
    """The partner's ledger is compared for what is here; with a dossier back, it counts again."""
    ended = [end(ward, 1), end(ward, 2)]
    take_in(ward, 3)
    facts = reporting.Facts(
        ledgers={PROVINCIAL: ledger_of(ward, tmp_path / "ledger.db")},
        until=LONG_AFTER + timedelta(days=1),
        broker="memory",
        database=ward.store.name,
        broker_kills=0,
        duration_s=0,
    )

    def counted() -> tuple[int, int, str]:
        found = reporting.compute(ward.store, Rulebook.load(), facts)
        ledger = found["ledger"][PROVINCIAL]
        assert (ledger["missing"], ledger["unknown_to_hub"]) == (0, 0)
        shown = StringIO()
        table.show(Console(file=shown, width=120), found)
        assert (found["complete_from"] or "lưu trữ") in shown.getvalue() or not found["archived"]
        return found["accepted"], found["archived"], found["complete_from"]

    assert counted() == (3, 0, "")
    run(archive, BY)
    assert counted() == (1, 2, "2018-09")
    restoring.restore(archive, ended[0], BY)
    assert counted() == (2, 1, "2018-09")
