"""The files of dossiers in the store: scanned papers, results, and what the town was given.

Plain reads and writes; the bodies are in `blobs`. In a batch the files are those at hand (see
`batch_state`), but for `withdraw_papers`, which no batch calls: it belongs to a person's decision.
Files are ordered by component, name and hash, the same on every database, whatever its collation.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.messages.envelope import Attachment
from hub.store.engine.store import Tx, insert_for
from hub.store.records import batch_state, legs
from hub.store.schema.tables.records import dossier_files
from hub.store.statements.compiled import Compiled, any_of, columns_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A file of a dossier; the same file for the same component is there once."""

    number: str
    file: Attachment
    message_id: str
    is_result: bool
    to_town: bool = False
    """Whether the town was given it. Of a result that says nothing: the town made it."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells the files of a dossier apart."""
        return self.file.sha256, self.file.component


def dossier_of(tx: Tx, sha256: str) -> str:
    """Return the number of a dossier that has a file, "" where none has it."""
    query = sa.select(dossier_files.c.number).where(dossier_files.c.sha256 == sha256)
    found: str | None = tx.execute(query.order_by(dossier_files.c.number).limit(1)).scalar()
    return found or ""


_OF_DOSSIER = dossier_files.c.number == sa.bindparam("which")
_SCANNED = sa.and_(_OF_DOSSIER, dossier_files.c.is_result.is_(False))
_ALL = Compiled(sa.select(dossier_files).where(any_of(dossier_files.c.number, "numbers")))
_FILES_OF = Compiled(sa.select(dossier_files).where(_OF_DOSSIER))
_ADD = Compiled(
    lambda it: insert_for(it, dossier_files).on_conflict_do_nothing(),
    columns=columns_of(dossier_files),
)
_COUNT_OF = Compiled(sa.select(sa.func.count()).select_from(dossier_files).where(_OF_DOSSIER))
_GIVEN = Compiled(sa.update(dossier_files).where(_SCANNED).values(to_town=True), key="which")
_NOT_GIVEN = Compiled(
    sa.update(dossier_files)
    .where(
        _SCANNED,
        dossier_files.c.component == sa.bindparam("of"),
        dossier_files.c.sha256 == sa.bindparam("hash"),
    )
    .values(to_town=False)
)  # no key: the papers of a dossier have one number


def add_files(
    tx: Tx, number: str, files: Iterable[Attachment], *, message_id: str, result: bool = False
) -> list[Attachment]:
    """Attach files to a dossier, the same file for the same component once; return those."""
    values = [
        Paper(number=number, file=file, message_id=message_id, is_result=result) for file in files
    ]
    kept = {paper.key: paper for paper in reversed(values)}
    if hand := batch_state.holding(tx, number):
        for paper in kept.values():
            hand.papers.add(paper)
    else:
        _ADD.run_each(tx, [_row(paper) for paper in kept.values()])
    return _ordered(kept.values())


def files_of(tx: Tx, number: str, *, result: bool | None = None) -> list[Attachment]:
    """Return the files of a dossier, in their order; `result` filters."""
    return _ordered(it for it in _papers_of(tx, number) if result in (None, it.is_result))


def of_dossier(tx: Tx, number: str) -> list[Paper]:
    """Return the files of a dossier with what is known of each, in no order."""
    return list(_papers_of(tx, number))


def count_of(tx: Tx, number: str) -> int:
    """Return how many files a dossier has."""
    if hand := batch_state.holding(tx, number):
        return len(hand.papers.of[number])
    (count,) = _COUNT_OF.scalars(tx, {"which": number})
    return int(count)


def papers_not_at_town(tx: Tx, number: str) -> list[Attachment]:
    """Return the scanned papers of a dossier that the town was not given, ordered as `files_of`."""
    return _ordered(it for it in _papers_of(tx, number) if not it.is_result and not it.to_town)


def give_papers(tx: Tx, number: str) -> None:
    """Record that the town is given all papers of a dossier, and so what it asked for."""
    if hand := batch_state.holding(tx, number):
        hand.papers.give(number)
    else:
        _GIVEN.run(tx, {"which": number})
    legs.set_wanted(tx, number, None)


def withdraw_papers(tx: Tx, number: str, papers: Iterable[Attachment]) -> None:
    """Record that the town was not given these papers after all."""
    rows = [{"which": number, "of": it.component, "hash": it.sha256} for it in papers]
    _NOT_GIVEN.run_each(tx, rows)


def read_together(tx: Tx, numbers: Collection[str]) -> batch_state.BatchPapers:
    """Return the files of dossiers."""
    papers = batch_state.BatchPapers()
    if numbers:
        for paper in map(_paper, _ALL.all(tx, {"numbers": sorted(numbers)})):
            papers.of[paper.number][paper.key] = paper
    return papers


def write_at_hand(tx: Tx) -> None:
    """Write what changed of the files at hand."""
    if hand := batch_state.of(tx):
        # First those that were there: what was scanned after the town was given them is not given.
        _GIVEN.run_each(tx, [{"which": number} for number in sorted(hand.papers.given)])
        added = sorted(hand.papers.added)
        _ADD.run_each(tx, [_row(hand.papers.of[number][key]) for number, key in added])


def _papers_of(tx: Tx, number: str) -> Iterable[Paper]:
    if hand := batch_state.holding(tx, number):
        return hand.papers.of[number].values()
    return map(_paper, _FILES_OF.all(tx, {"which": number}))


def _ordered(papers: Iterable[Paper]) -> list[Attachment]:
    files = [paper.file for paper in papers]
    return sorted(files, key=lambda file: (file.component, file.name, file.sha256))


def _paper(row: Any) -> Paper:
    file = Attachment(
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        component=row.component,
    )
    return Paper(
        number=row.number,
        file=file,
        message_id=row.message_id,
        is_result=row.is_result,
        to_town=row.to_town,
    )


def _row(paper: Paper) -> dict[str, object]:
    file = paper.file
    return {
        "number": paper.number,
        "sha256": file.sha256,
        "component": file.component,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "is_result": paper.is_result,
        "message_id": paper.message_id,
        "to_town": paper.to_town,
    }
