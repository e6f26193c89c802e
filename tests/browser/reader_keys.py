"""Types into Chromium as a barcode reader or a person does: each key with the time at which it was
pressed, so that a busy machine changes nothing."""

import time
from collections.abc import Iterator
from datetime import timedelta

from playwright.sync_api import CDPSession, Page

READER, PERSON = timedelta(milliseconds=4), timedelta(milliseconds=90)
FALTERING = timedelta(milliseconds=60)
_CODES = {"-": "Minus", ".": "Period", ":": "Semicolon", "\r": "Enter", "\t": "Tab"}
_VIRTUAL = {"-": 189, ".": 190, ":": 186, "\r": 13, "\t": 9}
_SHIFT, _IN_COMPOSITION = 8, 229


def type_keys(
    page: Page,
    text: str,
    *,
    gap: timedelta = READER,
    suffix: str = "\r",
    falters_at: int | None = None,
) -> None:
    """Type a text in the US layout, and the key behind it; a reader may falter before a key."""
    line = page.context.new_cdp_session(page)
    for place, (at, letter) in enumerate(_timed(text + suffix, gap)):
        if falters_at is not None and place >= falters_at:
            at += FALTERING.total_seconds()
        shifted = letter.isupper() or letter == ":"
        key = {
            "key": {"\r": "Enter", "\t": "Tab"}.get(letter, letter),
            "code": _code(letter),
            "modifiers": _SHIFT if shifted else 0,
            "windowsVirtualKeyCode": _VIRTUAL.get(letter, ord(letter.upper())),
            "timestamp": at,
        }
        line.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": letter, **key})
        line.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
    line.detach()


def type_through_telex(page: Page, text: str, *, composed: str) -> None:
    """Type a text while an input method composes something else of it, and Enter."""
    line = page.context.new_cdp_session(page)
    for place, (at, letter) in enumerate(_timed(text, READER), 1):
        _press(line, letter, at)
        shown = composed[: max(1, len(composed) * place // len(text))]
        line.send(
            "Input.imeSetComposition",
            {"text": shown, "selectionStart": len(shown), "selectionEnd": len(shown)},
        )
    _press(line, "\r", at + READER.total_seconds())
    line.send("Input.insertText", {"text": composed})
    line.detach()


def _press(line: CDPSession, letter: str, at: float) -> None:
    key = {
        "key": "Process",
        "code": _code(letter),
        "windowsVirtualKeyCode": _IN_COMPOSITION,
        "timestamp": at,
    }
    line.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    line.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})


def _timed(text: str, gap: timedelta) -> Iterator[tuple[float, str]]:
    start = time.time()
    for place, letter in enumerate(text):
        yield start + place * gap.total_seconds(), letter


def _code(letter: str) -> str:
    if letter in _CODES:
        return _CODES[letter]
    return f"Digit{letter}" if letter.isdigit() else f"Key{letter.upper()}"
