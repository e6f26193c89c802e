"""A spool whose process is killed at any step: nothing that was acknowledged is lost or doubled."""

import io
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.edge.spool.spool import Spool
from hub.messages import catalog
from hub.messages import payloads as p
from tests.support.gateway.edge_agent import AGENCY, code_of

AT = datetime(2026, 11, 30, 2, tzinfo=UTC)
ROUNDS = 4
READ_AT_LEAST = (1, 7, 30, 3)
"""Acknowledged events after which each round's process is killed, at whatever step it is then."""


def spooling(directory: Path, first: int) -> None:
    """Spool codes and scans without end; say the id of each after it is acknowledged."""
    spool = Spool(directory, budget=100_000_000)
    number = first
    while True:
        number += 1
        message = code_of(number, AT, device="quay-2.reader")
        spool.accept(message)
        print(message.id, flush=True)
        content = f"%PDF-1.4 {number}".encode() * 200
        file = spool.store_file(io.BytesIO(content), name="a.pdf", media_type="application/pdf")
        scan = p.DocumentScanned(
            number=f"{AGENCY}-261130-{number:06d}",
            component="TP1",
            scanned_at=AT,
            device="quay-2.scanner",
        )
        message = catalog.compose(scan, time=AT, source="quay-2.scanner", attachments=[file])
        spool.accept(message)
        print(message.id, flush=True)


def test_a_killed_spool_has_what_it_acknowledged(tmp_path: Path) -> None:
    """Each round kills a process of our own by signal 9; numbers have no gap, files are whole."""
    acknowledged: list[str] = []
    for nth in range(ROUNDS):
        command = [sys.executable, "-m", "tests.integration.edge.test_spool_crash"]
        with subprocess.Popen(
            [*command, str(tmp_path / "edge"), str(1000 * nth)],
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            acknowledged += [child.stdout.readline().strip() for _ in range(READ_AT_LEAST[nth])]
            child.send_signal(signal.SIGKILL)
            # A line that the death cut short was not acknowledged.
            rest = child.stdout.read().splitlines(keepends=True)
            acknowledged += [it.strip() for it in rest if it.endswith("\n")]
        assert child.returncode == -signal.SIGKILL
    spool = Spool(tmp_path / "edge", budget=100_000_000)
    spool.files.remove_leftovers()
    rows = spool.database.all("SELECT message_id, device, sequence FROM events ORDER BY place")
    kept = [row["message_id"] for row in rows]
    assert set(acknowledged) <= set(kept)
    assert len(kept) - len(acknowledged) <= 2 * ROUNDS  # stored, and killed before it was told
    for device in ("quay-2.reader", "quay-2.scanner"):
        numbers = [row["sequence"] for row in rows if row["device"] == device]
        assert numbers == list(range(1, len(numbers) + 1))
    for row in spool.database.all("SELECT sha256, size FROM files"):
        assert spool.files.path(row["sha256"]).stat().st_size == row["size"]
    used = spool.room().used
    spool.answered([row["place"] for row in spool.database.all("SELECT place FROM events")])
    files = spool.database.one("SELECT coalesce(sum(size), 0) FROM files")[0]
    assert used > spool.room().used == files
    spool.close()


if __name__ == "__main__":
    spooling(Path(sys.argv[1]), int(sys.argv[2]))
else:
    pytestmark = pytest.mark.chaos
