"""What a barcode reader that types puts around a code; the script `wedge.js` reads it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReaderKeys:
    """As the readers of the ward are configured."""

    prefix: str = ""
    """Letters, digits, `-` and `.` that come first."""
    suffix: str = "Enter"
    """The key that comes last: `Enter` or `Tab`."""
