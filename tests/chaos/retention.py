"""What the disasters have left is archived, checked and brought back, while the roles run on."""

from datetime import timedelta
from typing import Any

from hub.clock import utc_now
from hub.messages import catalog
from hub.operations.archive import restoring, verifying
from hub.operations.archive.archiving import Archive, run
from hub.operations.by import By
from hub.store.archive import index
from hub.store.archive.rows import load
from hub.store.blobs import BlobStore
from hub.store.conservation.proof import prove
from tests.chaos.load import Counter
from tests.chaos.stage import Stage

READERS = {entry.name: entry.reader for entry in catalog.CATALOG if entry.reader != "records"}


def archive_all(stage: Stage, counter: Counter) -> tuple[dict[str, Any], list[str]]:
    """Archive every dossier that has ended; return figures and what is wrong."""
    archive = Archive(
        store=stage.store,
        files=BlobStore(stage.files.place),
        folder=stage.directory / "archive",
        clock=utc_now,
        after=timedelta(),
        personal=timedelta(days=36_500),
    )
    by: By = {"actor": "chaos", "reason": "after the disasters", "now": utc_now()}
    report = run(archive, by, before=utc_now())
    wrong = list(verifying.verify(stage.store, archive.folder).problems)
    with stage.store.read() as tx:
        there = sorted(index.known(tx, list(counter.numbers)))
        here = {found.number for found in load(tx, list(counter.numbers))}
        wrong += [str(problem) for problem in prove(tx, READERS).problems]
    wrong += [f"{number}: neither here nor archived" for number in counter.numbers
              if number not in here and number not in there]  # fmt: skip
    wrong += [f"{number}: here and archived" for number in here & set(there)]
    if report.archived != len(there):
        wrong.append(f"{report.archived} archived, {len(there)} in the index")
    if there and not restoring.restore(archive, there[0], by):
        wrong.append(f"{there[0]}: not restored")
    kept = {str(why): count for why, count in report.kept.items()}
    return {"archived": report.archived, "rows": report.rows, "kept": kept}, wrong
