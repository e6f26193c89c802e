"""The course of `script/bench scan`: how many codes are found, and how soon a stack is attached."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from PIL import Image

from adapters.devices.scanner.claims import CLAIMED
from adapters.devices.scanner.copies import REFUSED, TAKEN
from adapters.devices.scanner.source import ScannerSource
from hub.file_checks.check import ContentCheck
from hub.page_reading.decoding import codes_on
from hub.page_reading.reading import StackReader
from hub.ports.page_readers import MOST_BYTES
from hub.rules.papers import codes
from hub.store.records import papers
from tests.benchmarks.gateway.programs import MissingProgram
from tests.benchmarks.result import Result
from tests.benchmarks.scan.damage import KINDS, paper
from tests.support.papers import pages as drawn
from tests.support.ward import Ward, open_ward, reception

PAGES: Final = 40
"""Pages of each kind, by default."""
STACK, EACH = 20, 5
"""Pages of a stack, and those of one paper in it."""


def measure(rounds: int, size: int) -> Result:
    """Return both: recognition on `size` pages a kind, and the median time of `rounds` stacks."""
    zbar = shutil.which("zbarimg")
    if zbar is None:
        raise MissingProgram("zbarimg is missing: apt-get install zbar-tools")
    found = {kind: _recognition(kind, size, zbar) for kind in KINDS}
    times = [_seconds_to_attach(round_) for round_ in range(rounds)]
    rows = [
        (kind, str(it["codes"]), f"{it['hub']:.0%}", f"{it['zbar']:.0%}", f"{it['ms']:.0f}")
        for kind, it in found.items()
    ]
    return Result(
        title=f"Codes on {size} pages a kind; {STACK} pages attached in {median(times):.2f} s",
        figures={
            "recognition": found,
            "attached_seconds": round(median(times), 3),
            "attached_each": [round(it, 3) for it in times],
        },
        columns=("page", "codes", "hub", "zbar", "hub ms/page"),
        rows=tuple(rows),
        notes=(
            "Both look for QR and Code 128 on the same pages: 300 dots an inch, codes of 1.5 cm.",
            f"{STACK} pages of {STACK // EACH} papers, from the look that finds the stack at rest",
            "until its papers stand in their dossiers, on SQLite, with the check of contents.",
        ),
    )


def _recognition(kind: str, size: int, zbar: str) -> dict[str, float]:
    """Return the shares of codes that were found, and the milliseconds of a page."""
    wanted = ours = theirs = 0
    spent = 0.0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "page.png"
        for seed in range(size):
            page = KINDS[kind](seed)
            wanted += len(page.texts)
            began = time.perf_counter()
            read = {it.text for it in codes_on(page.picture.reduce(2), lambda: page.picture)}  # noqa: B023
            spent += time.perf_counter() - began
            ours += len(page.texts & read)
            page.picture.save(place, compress_level=1)
            theirs += len(page.texts & _by_zbar(zbar, place))
    return {
        "codes": wanted,
        "hub": round(ours / wanted, 4),
        "zbar": round(theirs / wanted, 4),
        "ms": round(spent / size * 1000, 1),
    }


def _by_zbar(zbar: str, place: Path) -> set[str]:
    kinds = ("-Sdisable", "-Sqrcode.enable", "-Scode128.enable")
    done = subprocess.run(
        [zbar, "--quiet", "--raw", *kinds, str(place)], capture_output=True, text=True, check=False
    )
    return set(done.stdout.splitlines())


def _seconds_to_attach(seed: int) -> float:
    """Return how long a stack takes from the look at which it is at rest to its dossiers."""
    with tempfile.TemporaryDirectory() as folder, open_ward(Path(folder)) as hub:
        hub.files.check, hub.files.limit = ContentCheck(), MOST_BYTES
        coming = [paper(100 * seed + nth) for nth in range(STACK // EACH)]
        for it in coming:
            hub.accept(reception(number=it.number))
        hot = Path(folder) / "scans"
        for name in (CLAIMED, TAKEN, REFUSED):
            (hot / name).mkdir(parents=True)
        source = ScannerSource(hot, read_pages=StackReader())
        drawn.write_pdf([_page(nth, seed) for nth in range(STACK)], hot / "SCAN0001.pdf")
        source.poll_hot_folder(hub.intake)
        began = time.perf_counter()
        source.poll_hot_folder(hub.intake)
        hub.settle()
        spent = time.perf_counter() - began
        assert all(_attached(hub, it.number) == 1 for it in coming)
        return spent


def _page(nth: int, seed: int) -> Image.Image:
    page = drawn.sheet(nth + 1)
    of = paper(100 * seed + nth // EACH)
    return drawn.with_qr(page, codes.qr_text(of)) if nth % EACH == 0 else page


def _attached(hub: Ward, number: str) -> int:
    with hub.store.read() as tx:
        return len(papers.files_of(tx, number, result=False))
