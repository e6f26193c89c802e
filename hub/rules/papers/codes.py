"""The codes on a paper of a dossier: their text is written and read here alone. Pure.

A cover sheet or label carries two. The QR code is read by the scanner, at 1.5 cm and 150 dots an
inch, also on a crooked page: it tells dossier and component, and has a check value. The Code 128 is
read by the reader in an officer's hand, and must be at least 9 cm wide: it tells the dossier alone.

Not promised: that a code is genuine. The check value proves that the text was read whole and is
one of this hub's, not who printed it.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "HS1"
"""*Hồ sơ*, first form of the text. A new form gets another one, and this one stays readable."""
_NUMBER = r"[0-9A-Z.]{1,30}-(?:[0-9]{6}|[0-9]{8})-[0-9]{4,7}"
_COMPONENT = r"[\w.-]{1,60}"
_NUMBER_ALONE = re.compile(_NUMBER, re.ASCII)
_COMPONENT_ALONE = re.compile(_COMPONENT)
_QR = re.compile(rf"{PREFIX}:({_NUMBER}):({_COMPONENT})?:([0-9A-F]{{6}})")


@dataclass(frozen=True, slots=True)
class PaperCode:
    """What the codes of a paper tell. Raises ValueError for what no code can hold."""

    number: str
    """The dossier number."""
    component: str = ""
    """The component code (mã thành phần), "" for a paper that is of the dossier as a whole."""

    def __post_init__(self) -> None:
        if not _NUMBER_ALONE.fullmatch(self.number):
            raise ValueError(f"not a dossier number: {self.number!r}")
        if self.component and not _COMPONENT_ALONE.fullmatch(self.component):
            raise ValueError(f"not a component code: {self.component!r}")


def qr_text(code: PaperCode) -> str:
    """Return the content of the QR code: `HS1:<dossier number>:<component code>:<check value>`."""
    return f"{PREFIX}:{code.number}:{code.component}:{_check_value(code)}"


def code128_text(code: PaperCode) -> str:
    """Return the content of the Code 128: the dossier number, which has a check value of its own.

    The component is left out: with it the bars would be too narrow for the width of a page.
    """
    return code.number


def parse(text: str) -> PaperCode | None:
    """Return what the content of a QR code or a Code 128 tells, None for a foreign code.

    A code of ours whose check value is wrong is a foreign one: nobody can say what it told.
    """
    if _NUMBER_ALONE.fullmatch(text):
        return PaperCode(text)
    found = _QR.fullmatch(text)
    if found is None:
        return None
    code = PaperCode(found[1], found[2] or "")
    return code if found[3] == _check_value(code) else None


def _check_value(code: PaperCode) -> str:
    content = f"{PREFIX}:{code.number}:{code.component}"
    return hashlib.sha256(content.encode()).hexdigest()[:6].upper()
