"""Papers as PDF: a template of typst, data as JSON, both codes of the dossier number.

Only these templates are compiled, and they read nothing but the data: no file of the machine, no
font of the system, no package of the network. A dossier number stands on each paper as QR (2 cm,
for the scanner) and as Code 128 (over 9 cm, for the hand reader): narrower, at 150 dpi its bars
cannot be told apart.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from hub.rules.papers import codes
from hub.rules.papers.codes import PaperCode

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, data: Mapping[str, object]) -> bytes:
    """Return the PDF of a paper; `data` as its template and `frame.typ` want it."""
    import typst  # only a process that makes papers pays for it

    code = PaperCode(str(data["number"]))
    drawn = {
        "qr": qr_picture(code),
        "code128": _code("Code128", codes.code128_text(code)),
    }
    made = typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        sys_inputs={"data": json.dumps({**data, **drawn}, ensure_ascii=False)},
        ignore_system_fonts=True,
    )
    if not isinstance(made, bytes):
        raise TypeError(f"typst made no PDF of {template}")
    return made


def qr_picture(code: PaperCode) -> str:
    """Return the QR code of a paper as SVG."""
    return _code("QRCode", codes.qr_text(code))


def _code(name: str, content: str) -> str:
    """Return a code as SVG, with the quiet zone that its readers need."""
    import zxingcpp

    made = zxingcpp.create_barcode(content, getattr(zxingcpp.BarcodeFormat, name))
    return str(made.to_svg(add_quiet_zones=True))
