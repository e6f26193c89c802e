"""A scanner without glass: writes small, real PDF files into a hot folder, as a scanner does."""

import os
from datetime import datetime
from pathlib import Path


def scan(folder: Path, *, number: str, component: str, title: str, at: datetime) -> Path:
    """Write the scan of one component and return its path; the file appears complete."""
    path = folder / f"{number}__{component}.pdf"
    part = path.with_suffix(".part")
    part.write_bytes(page(f"{number} {component} {title}"))
    stamp = int(at.timestamp())
    os.utime(part, (stamp, stamp))
    part.rename(path)
    return path


def page(text: str) -> bytes:
    """Return a one-page PDF that shows `text` (other than printable ASCII as "?")."""
    shown = text.encode("ascii", "replace").decode().replace("\\", "").translate({40: 91, 41: 93})
    stream = f"BT /F1 11 Tf 40 780 Td ({shown}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    body += b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return body + b"startxref\n%d\n%%%%EOF\n" % start
