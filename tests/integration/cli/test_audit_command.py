"""`hub audit verify` as an operator uses it: short, whole, and against an anchor of his own."""

import stat
from pathlib import Path

import sqlalchemy as sa
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.records.deadlines.calendar import local
from hub.runtime.clock import utc_now
from hub.store.engine.store import Store
from hub.store.evidence import anchors, audit, chain
from hub.store.evidence.anchors import Anchor
from hub.store.schema.tables.exchange import audit as table


def hub(*words: object) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, list(map(str, words)))


def anchors_of(store: Store) -> dict[str, Anchor]:
    """Return the anchors that are kept."""
    with store.read() as tx:
        return anchors.stored(tx)


def append(store: Store, count: int) -> None:
    """Append rows to the audit."""
    with store.write() as tx:
        for n in range(count):
            audit.record(tx, "officer", "test", object=str(n), now=utc_now())


def test_the_short_verification_reads_on_from_the_last_one(installed: Store) -> None:
    """The first one reads everything, whatever it is asked."""
    append(installed, 3)
    assert "3 rows, the chain is whole" in hub("audit", "verify", "--since").output
    append(installed, 2)
    assert "2 rows after the anchor at row 3" in hub("audit", "verify", "--since").output
    assert "0 rows after the anchor at row 5" in hub("audit", "verify", "--since").output
    assert "5 rows, the chain is whole" in hub("audit", "verify").output


def test_an_anchor_of_the_short_verification_says_when_the_whole_was_read(
    installed: Store, tmp_path: Path
) -> None:
    """Weekly short ones would else look like full proofs; so in the database and in a file."""
    file = tmp_path / "anchor.jsonl"
    append(installed, 3)
    assert hub("audit", "verify").exit_code == 0
    (whole,) = {one.whole_at for one in anchors_of(installed).values()}
    assert whole is not None
    append(installed, 2)
    assert hub("audit", "verify", "--since", "--export", file).exit_code == 0
    exported = anchors.decode(file.read_bytes(), chains=[one.name for one in chain.CHAINS])
    for kept in (anchors_of(installed), exported):
        # a chain without any row is read from its first row on in any case
        assert kept["audit"].whole_at == whole < kept["audit"].verified_at
    shown = hub("audit", "verify", "--since", "--anchor", file).output
    assert f"read from its first row on: {local(whole):%d/%m/%Y %H:%M}" in shown
    assert anchors_of(installed)["audit"].whole_at == whole


def test_an_anchor_of_an_older_version_does_not_say_that_the_whole_was_read(
    installed: Store,
) -> None:
    """Nothing tells how it was made; the next full verification does."""
    append(installed, 2)
    assert hub("audit", "verify").exit_code == 0
    with installed.write() as tx:
        tx.execute(sa.text("UPDATE chain_anchors SET whole_at = NULL"))
    append(installed, 1)
    assert "never, as far as known" in hub("audit", "verify", "--since").output
    assert "never" not in hub("audit", "verify").output


def test_a_fault_moves_no_anchor_and_writes_no_file(installed: Store, tmp_path: Path) -> None:
    """The next verification finds it again."""
    append(installed, 3)
    assert hub("audit", "verify").exit_code == 0
    append(installed, 2)
    with installed.write() as tx:
        tx.execute(sa.update(table).where(table.c.seq == 4).values(reason="x"))
    file = tmp_path / "anchor.jsonl"
    for _ in range(2):
        result = hub("audit", "verify", "--since", "--export", file)
        assert (result.exit_code, "row 4 was changed" in result.output) == (1, True)
    assert not file.exists()


def test_an_exported_anchor_is_one_that_the_database_cannot_move(
    installed: Store, tmp_path: Path
) -> None:
    """Its row is gone, and the database's own anchor with it: the file still says so."""
    append(installed, 3)
    file = tmp_path / "anchor.jsonl"
    assert hub("audit", "verify", "--export", file).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert hub("audit", "verify", "--anchor", file).exit_code == 0
    assert hub("audit", "verify", "--since", "--anchor", file).exit_code == 0
    with installed.write() as tx:
        tx.execute(sa.text("DELETE FROM chain_anchors"))
        tx.execute(sa.text("DELETE FROM audit"))
        tx.execute(sa.text("UPDATE chain_heads SET seq = 0, hash = ''"))
    assert hub("audit", "verify").exit_code == 0
    for words in (["--anchor", file], ["--since", "--anchor", file]):
        result = hub("audit", "verify", *words)
        assert (result.exit_code, "row 3 is not the one" in result.output) == (1, True)


def test_a_file_that_is_no_anchor_ends_with_code_2(installed: Store, tmp_path: Path) -> None:
    """Also one that is not there."""
    append(installed, 1)
    file = tmp_path / "anchor.jsonl"
    assert hub("audit", "verify", "--anchor", file).exit_code == 2
    file.write_text("{}")
    assert hub("audit", "verify", "--anchor", file).exit_code == 2


def test_a_file_that_lacks_a_chain_ends_with_code_2(installed: Store, tmp_path: Path) -> None:
    """That chain would agree with the file, whatever was done to it."""
    append(installed, 1)
    file = tmp_path / "anchor.jsonl"
    assert hub("audit", "verify", "--export", file).exit_code == 0
    file.write_bytes(b"".join(it for it in file.read_bytes().splitlines(True) if b"audit" in it))
    result = hub("audit", "verify", "--anchor", file)
    assert (result.exit_code, "handovers" in result.output) == (2, True)
