"""Takes the README's pictures of the console, at a drill in a directory of its own.

Vietnamese, as the ward's staff have it, with few colours, so that a picture is small. `PAGES` says
which pages; one that is not there ends the program.
"""

import argparse
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from hub.drill.sandbox import loopback
from hub.drill.trial.accounts import sign_ins

ROOT = Path(__file__).parents[2]
PORTS = 10
COLOURS = 160
LARGEST = 120_000
"""Bytes of a picture."""
WIDTH, HEIGHT = 1280, 860
SCREENS: Mapping[str, ViewportSize] = {
    "kiosk": {"width": 1080, "height": 1920},
    "display": {"width": 1920, "height": 1080},
}
"""The devices of the hall."""


@contextmanager
def drill(place: Path, port: int, *, lasts: timedelta) -> Iterator[str]:
    """Give the console of a drill that has worked so long."""
    command = [sys.executable, "-m", "hub.drill.trial", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--directory", str(place / "drill")],
        cwd=ROOT,
        env={**os.environ, "HUB_LANGUAGE": "vi"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        if not any("Sẵn sàng" in line for line in process.stdout):
            raise SystemExit("the drill did not become ready")
        threading.Event().wait(lasts.total_seconds())
        yield f"http://127.0.0.1:{port + 6}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


def sign_in(page: Page, place: Path) -> None:
    """Sign in as the operator."""
    page.goto("/")
    page.locator("#name").fill("operator")
    operator = next(sign_ins(place / "drill"))
    page.locator("#password").fill(operator.password)
    page.keyboard.press("Enter")
    page.locator("#code").wait_for()
    page.locator("#code").fill(next(sign_ins(place / "drill")).code)
    page.keyboard.press("Enter")
    page.locator("#code").wait_for(state="detached")


def first_link(page: Page, path: str, start: str) -> str:
    """Return the first link of a page that begins so."""
    page.goto(path)
    found = page.locator(f"main a[href^='{start}']").first.get_attribute("href")
    if not found:
        raise SystemExit(f"{path} has no link to {start}")
    return found


def pages(page: Page) -> Iterator[tuple[str, str]]:
    """Yield name and address of each picture."""
    yield "overview", "/"
    yield "queues", "/queues"
    yield "search", "/search?partner=town_center"
    ambiguous = "/search?state=ambiguous"
    yield "dossier", first_link(page, ambiguous, "/dossiers/")
    yield "delivery", first_link(page, ambiguous, "/deliveries/")
    yield "failures", first_link(page, "/failures", "/failures/group")


def small(picture: bytes) -> bytes:
    """Return a picture with few colours."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
    return out.getvalue()


def take(console: str, place: Path, *, to: Mapping[int, Path]) -> None:
    """Take all pictures at some widths, each into its directory."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_context(base_url=console, locale="vi").new_page()
        sign_in(page, place)
        for name, path in list(pages(page)):
            answer = page.goto(path)
            if answer is None or answer.status != httpx.codes.OK:
                raise SystemExit(f"{path}: no page")
            if name == "delivery":
                page.locator("details.act summary").first.click()
            for width, directory in to.items():
                page.set_viewport_size({"width": width, "height": HEIGHT})
                picture = small(page.screenshot(full_page=width != WIDTH))
                if width == WIDTH and len(picture) > LARGEST:
                    raise SystemExit(f"{name}: {len(picture)} bytes")
                (directory / f"console-{name}.png").write_bytes(picture)
                sys.stdout.write(f"{name} {width}: {path}, {len(picture)} bytes\n")
        for name, size in SCREENS.items() if WIDTH in to else ():
            screen = browser.new_context(locale="vi", viewport=size).new_page()
            screen.goto((place / "drill" / f"{name}-1.html").as_uri())
            screen.locator("main").wait_for()  # the start page has none
            picture = small(screen.screenshot())
            (to[WIDTH] / f"hall-{name}.png").write_bytes(picture)
            sys.stdout.write(f"{name}: {len(picture)} bytes\n")
        browser.close()


def main() -> None:
    """Run a drill, take the pictures, end it."""
    parser = argparse.ArgumentParser(prog="script/screenshots")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--width", type=int, action="append")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "pictures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        # The drill looks for its secrets beside its directory.
        (place / "secrets").symlink_to(ROOT / "var" / "secrets")
        lasts = timedelta(minutes=given.minutes)
        with drill(place, loopback.first_of_free_ports(PORTS), lasts=lasts) as console:
            to = {width: given.to / str(width) for width in given.width or ()}
            for directory in to.values():
                directory.mkdir(parents=True, exist_ok=True)
            take(console, place, to=to or {WIDTH: given.to})


if __name__ == "__main__":
    main()
