"""Shows a person's new secrets once: password, QR code for the device, recovery codes, key."""

import sys
from collections.abc import Iterator
from typing import Any

from hub.cli.output.answer import done, for_programs, print_line, put
from hub.operations.users.accounts import UserSecrets
from hub.texts import text

_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
"""Two rows of modules as one row of letters: (upper, lower) is light."""


def show_secrets(
    name: str, made: UserSecrets, *, given: bool = False, hide_key: bool = False
) -> None:
    """Print what was made; `given`: the password came from a file, `hide_key`: it went into one.

    Trap: secrets are written past the console, which may wrap them.
    """
    put(user=name)
    shown = {
        "password": "" if given else made.password,
        "code_address": made.code_address,
        "recovery_codes": list(made.recovery_codes),
        "key": "" if hide_key else made.key,
    }
    put(**{field: value for field, value in shown.items() if value})
    done(text("users.secrets_made", name=name))
    if for_programs():
        return
    if shown["password"]:
        _write(text("users.password_is"), made.password)
    if made.code_address:
        _write(text("users.scan_this"), *qr_lines(made.code_address), made.code_address)
    if made.recovery_codes:
        _write(text("users.recovery_codes_are"), *made.recovery_codes)
    if shown["key"]:
        _write(text("users.key_is"), made.key)
    print_line(text("users.shown_once"), style="dim")


def qr_lines(content: str) -> Iterator[str]:
    """Yield the lines of a QR code, light on dark, so that a phone reads it from the terminal."""
    import zxingcpp  # only who shows a code pays for it

    made = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode)
    drawn: Any = made.to_image(scale=1, add_quiet_zones=True)  # its types hide the buffer
    image = memoryview(drawn)
    height, width = image.shape or (0, 0)
    for row in range(0, height, 2):
        yield "".join(
            _BLOCKS[
                image[row, column] > 127,
                row + 1 < height and image[row + 1, column] > 127,
            ]
            for column in range(width)
        )


def _write(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n\n")
