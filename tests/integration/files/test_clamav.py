"""ClamAV itself, Debian's daemon with a signature made here: no network, a Unix socket."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.drill.sandbox.programs import MissingProgram
from hub.file_checks.clamd import Clamd
from hub.ports.files import ScannerAway
from tests.support.files import sample_files as made
from tests.support.files.instream import SIGN

pytestmark = [pytest.mark.long, pytest.mark.slow]
LIMIT = 4 * 1024 * 1024


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[Clamd]:
    """A running daemon that knows one sign."""
    program = shutil.which("clamd") or shutil.which("/usr/sbin/clamd")
    if program is None:
        raise MissingProgram("clamd", "clamav-daemon")
    signs, socket = tmp_path / "signs", tmp_path / "clamd.ctl"
    signs.mkdir()
    (signs / "own.ndb").write_text(f"Hub.Test.Sign:0:*:{SIGN.hex()}\n")
    lines = [
        "Foreground yes",
        f"LocalSocket {socket}",
        f"DatabaseDirectory {signs}",
        f"StreamMaxLength {LIMIT}",
        f"MaxScanSize {LIMIT}",
        f"MaxFileSize {LIMIT}",
    ]
    settings = tmp_path / "clamd.conf"
    settings.write_text("\n".join(lines) + "\n")
    with subprocess.Popen(
        [program, "--config-file", str(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as daemon:
        assert daemon.stdout is not None
        told = []
        for line in daemon.stdout:
            told.append(line)
            if "Self checking" in line:
                break
        else:
            pytest.fail("".join(told))
        try:
            yield Clamd(f"unix:{socket}")
        finally:
            daemon.terminate()
            daemon.stdout.read()


def test_the_daemon_finds_the_sign_and_nothing_in_a_clean_file(
    clamd: Clamd, tmp_path: Path
) -> None:
    """By INSTREAM, in pieces; also within a PDF and a docx."""
    place = tmp_path / "file"
    signed = {"word/media/a.bin": b"x" * 300_000 + SIGN}
    for content, found in (
        (made.pdf("clean", pad=600_000), ""),
        (b"x" * 600_000 + SIGN, "Hub.Test.Sign.UNOFFICIAL"),
        (made.office(parts=signed), "Hub.Test.Sign.UNOFFICIAL"),
    ):
        place.write_bytes(content)
        assert clamd.virus_in(place) == found


def test_the_daemon_says_its_version_and_refuses_what_is_too_large(
    clamd: Clamd, tmp_path: Path
) -> None:
    """A file over StreamMaxLength was not scanned."""
    assert clamd.version().startswith("ClamAV ")
    place = tmp_path / "large"
    place.write_bytes(b"x" * (LIMIT + 1024 * 1024))
    with pytest.raises(ScannerAway):
        clamd.virus_in(place)
