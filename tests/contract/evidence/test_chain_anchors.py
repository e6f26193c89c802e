"""A verified anchor makes the next verification short, and counts only while its row holds."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.store.engine.store import Store
from hub.store.evidence import anchors, audit, chain, reading, verification
from hub.store.evidence.anchors import Anchor, BadAnchors
from hub.store.evidence.verification import ChainCheck
from hub.store.schema.tables.exchange import audit as table
from hub.store.schema.tables.exchange import chain_heads
from hub.texts import Language, use_language

AT = datetime(2018, 8, 6, 9, 0, tzinfo=UTC)


def append(store: Store, count: int) -> None:
    """Append rows to the audit."""
    with store.write() as tx:
        for n in range(count):
            audit.record(tx, "officer", "test", object=str(n), allowed=n % 2 == 0, now=AT)


def verify(store: Store, since: Anchor | None = None, known: Anchor | None = None) -> ChainCheck:
    """Verify the audit."""
    with store.read() as tx:
        return verification.verify(tx, chain.AUDIT, since=since, known=known)


def anchor_of(verdict: ChainCheck) -> Anchor:
    """Return the anchor that a verification without problems gives."""
    assert verdict.problems == ()
    return Anchor(
        chain=verdict.chain, seq=verdict.seq, hash=verdict.head, verified_at=AT, actor="officer"
    )


def rewrite(store: Store, since: int) -> None:
    """Change a row and compute the rest of the chain anew, as one with all rights could."""
    with store.write() as tx:
        rows = tx.execute(sa.select(table).where(table.c.seq >= since).order_by(table.c.seq)).all()
        previous = rows[0].previous_hash
        for row in rows:
            fields = {name: getattr(row, name) for name in chain.AUDIT.columns}
            fields["reason"] = "forged"
            own = chain.digest(previous, row.seq, fields.values())
            values = {**fields, "previous_hash": previous, "hash": own}
            tx.execute(sa.update(table).where(table.c.seq == row.seq).values(values))
            previous = own
        tx.execute(
            sa.update(chain_heads).where(chain_heads.c.chain == "audit").values(hash=previous)
        )


def test_after_an_anchor_only_what_came_since_is_read(store: Store) -> None:
    """And a fault in it is found."""
    append(store, 5)
    anchor = anchor_of(verify(store))
    assert anchor.seq == 5
    append(store, 3)
    verdict = verify(store, since=anchor)
    assert (verdict.since, verdict.count, verdict.seq, verdict.problems) == (5, 3, 8, ())
    with store.write() as tx:
        tx.execute(sa.update(table).where(table.c.seq == 7).values(reason="x"))
    assert verify(store, since=anchor).problems == ("audit: row 7 was changed",)
    use_language(Language.VI)
    assert verify(store, since=anchor).problems == ("audit: dòng 7 đã bị thay đổi",)


def test_nothing_since_an_anchor_is_whole(store: Store) -> None:
    """Also where the chain has no row at all."""
    empty = anchor_of(verify(store))
    assert (empty.seq, empty.hash) == (0, "")
    assert verify(store, since=empty).problems == ()
    append(store, 2)
    assert verify(store, since=empty).count == 2
    anchor = anchor_of(verify(store, since=empty))
    assert (verify(store, since=anchor).count, verify(store, since=anchor).problems) == (0, ())


@pytest.mark.parametrize("change", ["row", "hash", "gone", "next gone", "last gone"])
def test_an_anchor_counts_only_while_its_row_holds(store: Store, change: str) -> None:
    """Its row changed, its hash, or missing; and rows that are cut off behind it."""
    append(store, 5)
    anchor = anchor_of(verify(store))
    append(store, 2)
    with store.write() as tx:
        match change:
            case "row":
                tx.execute(sa.update(table).where(table.c.seq == 5).values(reason="x"))
            case "hash":
                tx.execute(sa.update(table).where(table.c.seq == 5).values(hash="x"))
            case "gone":
                tx.execute(sa.delete(table).where(table.c.seq == 5))
            case "next gone":
                tx.execute(sa.delete(table).where(table.c.seq == 6))
            case "last gone":
                tx.execute(sa.delete(table).where(table.c.seq >= 5))
    assert verify(store, since=anchor).problems
    assert verify(store, known=anchor).problems


def test_a_chain_that_was_computed_anew_does_not_agree_with_an_old_anchor(store: Store) -> None:
    """Without the anchor it is whole; so the anchor has to be kept outside of the database."""
    append(store, 5)
    anchor = anchor_of(verify(store))
    rewrite(store, 2)
    assert verify(store).problems == ()
    wrong = (
        "audit: row 5 is not the one that was verified at 2018-08-06 09:00:00+0000 by officer",
    )
    assert verify(store, known=anchor).problems == wrong
    assert verify(store, since=anchor).problems == wrong


def test_what_was_changed_before_an_anchor_is_found_by_the_whole_chain_only(store: Store) -> None:
    """That is what the short verification does not promise."""
    append(store, 5)
    anchor = anchor_of(verify(store))
    with store.write() as tx:
        tx.execute(sa.update(table).where(table.c.seq == 2).values(reason="x"))
    assert verify(store, since=anchor).problems == ()
    assert verify(store, known=anchor).problems == ("audit: row 2 was changed",)


def test_the_last_anchor_of_a_chain_is_kept(store: Store) -> None:
    """One a chain; it survives as a file, too."""
    first = Anchor(chain="audit", seq=1, hash="a", verified_at=AT, actor="officer")
    day = timedelta(1)
    later = Anchor(chain="audit", seq=2, hash="b", verified_at=AT + day, actor="other", whole_at=AT)
    with store.write() as tx:
        assert anchors.stored(tx) == {}
        anchors.store_all(tx, [first])
        anchors.store_all(tx, [later])
        assert anchors.stored(tx) == {"audit": later}
    written = anchors.encode({"audit": later})
    assert anchors.decode(written, chains=["audit"]) == {"audit": later}


@pytest.mark.parametrize("text", [b"", b"{}", b"no", b'{"chain":"audit"}\n', b"[]", b"\xff"])
def test_a_file_without_an_anchor_is_refused(text: bytes) -> None:
    """Else everything would agree with it."""
    with pytest.raises(BadAnchors):
        anchors.decode(text, chains=["audit"])


def test_a_file_that_lacks_the_anchor_of_a_chain_is_refused() -> None:
    """That chain would agree with the file, whatever it holds."""
    one = Anchor(chain="audit", seq=1, hash="a", verified_at=AT, actor="officer")
    with pytest.raises(BadAnchors, match="for the chain handovers"):
        anchors.decode(anchors.encode({"audit": one}), chains=["audit", "handovers"])


def test_a_chain_with_many_faults_names_the_first_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain of millions of rows would else fill the memory and the screen."""
    monkeypatch.setattr(reading, "MOST", 3)
    monkeypatch.setattr(reading, "PAGE", 4)
    append(store, 10)
    with store.write() as tx:
        tx.execute(sa.update(table).values(reason="x"))
    problems = verify(store).problems
    assert (len(problems), problems[0], problems[-1]) == (
        4,
        "audit: row 1 was changed",
        "audit: and 7 more",
    )


def test_pages_are_told_as_they_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far it is, and how far it goes."""
    monkeypatch.setattr(reading, "PAGE", 4)
    append(store, 10)
    told: list[tuple[int, int]] = []
    with store.read() as tx:
        verification.verify(tx, chain.AUDIT, progress=lambda *it: told.append(it))
    assert told == [(4, 10), (8, 10), (10, 10)]


@pytest.fixture
def halved(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with ten rows, of which a second process reads the last five."""
    monkeypatch.setattr(verification, "WORTH_TWO", 1)
    append(store, 10)
    return store


def by_two(store: Store, url: str = "") -> ChainCheck:
    """Verify the audit with a second process."""
    with store.read() as tx:
        return verification.verify(tx, chain.AUDIT, url=url or store.url)


def test_two_processes_find_what_one_finds(halved: Store) -> None:
    """In the first half, in the second, at the seam and at the end."""
    assert by_two(halved) == verify(halved)
    with halved.write() as tx:
        for seq, column in ((2, "reason"), (5, "hash"), (6, "previous_hash"), (10, "hash")):
            tx.execute(sa.update(table).where(table.c.seq == seq).values({column: f"x{seq}"}))
    found = by_two(halved)
    assert found == verify(halved)
    assert len(found.problems) == 5


@pytest.mark.parametrize("gone", [[3, 5, 9], [4, 5, 6, 7, 10]])
def test_two_processes_name_every_row_that_is_missing(halved: Store, gone: list[int]) -> None:
    """Also at the seam, where each of them sees only one side."""
    with halved.write() as tx:
        tx.execute(sa.delete(table).where(table.c.seq.in_(gone)))
    found = by_two(halved)
    named = [problem for problem in found.problems if "missing" in problem]
    rows = [int(word) for problem in named for word in problem.split() if word.isdigit()]
    assert {min(gone), max(gone)} <= set(rows)
    assert (found.count, found.seq) == (10 - len(gone), verify(halved).seq)


def test_where_the_second_process_fails_the_first_one_reads_all(halved: Store) -> None:
    """It finds no database."""
    assert by_two(halved, "sqlite:////nowhere/at/all.db") == verify(halved)
