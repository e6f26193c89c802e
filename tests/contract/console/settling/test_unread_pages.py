"""Pages that no code placed: shown with their picture, put into a dossier by a person, once."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pikepdf
import pytest
import sqlalchemy as sa
from PIL import Image

from hub.console.links import message, page_picture
from hub.messages import catalog
from hub.messages.payloads import DocumentScanned, PagesUnread, UnreadCause
from hub.rules.users.rights import UserRole
from hub.store.archive import erasing
from hub.store.messages import parked
from hub.store.schema.tables.exchange import audit
from tests.contract.console.conftest import Look
from tests.support.accepted import accepted
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.users import add_user
from tests.support.ward import MONDAY, NUMBER, Ward, open_ward, reception
from tests.support.works import now

PICTURE = b"\xff\xd8\xff a page"
FORM = "/parked/assign"


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward with a dossier, two accounts, and a place for files."""
    with open_ward(tmp_path) as hub:
        hub.accept(reception())
        add_user(hub.store, "binh", now=now())
        add_user(hub.store, "lan", role=UserRole.OPERATOR, now=now())
        yield hub


def paper(pages: int) -> io.BytesIO:
    """Return a PDF whose pages are each of another size."""
    with pikepdf.new() as made:
        for number in range(pages):
            made.add_blank_page(page_size=(300 + 20 * number, 400))
        made.save(stream := io.BytesIO())
    stream.seek(0)
    return stream


def park(ward: Ward, *, number: str = "", pages: int = 2) -> str:
    """Have pages come that tell nothing; return the id of their message."""
    document = ward.intake.store_file(
        paper(pages), name="trang-1.pdf", media_type="application/pdf"
    )
    picture = ward.intake.store_file(
        io.BytesIO(PICTURE), name="trang-1.jpg", media_type="image/jpeg"
    )
    payload = PagesUnread(
        number=number,
        cause=UnreadCause.NO_CODE,
        stack="0" * 64,
        first_page=1,
        pages=pages,
        scanned_at=MONDAY,
        device="scanner-1",
    )
    made = catalog.compose(
        payload, time=MONDAY, source="scanner-1", attachments=[document, picture]
    )
    ward.intake.accept(made)
    ward.settle()
    return made.id


def state(ward: Ward, id: str) -> str:
    with ward.store.read() as tx:
        return parked.states(tx, [id])[id]


def actions(ward: Ward) -> list[str]:
    with ward.store.read() as tx:
        return list(tx.execute(sa.select(audit.c.action)).scalars())


def open_page(look: Look, ward: Ward, **options: object) -> BrowserSession:
    """Open a browser that may see files."""
    client: httpx.Client = look(ward.store, file_path=ward.files.path, **options)
    return BrowserSession(client)


def test_pages_wait_for_a_person_with_their_picture(look: Look, ward: Ward) -> None:
    """Why they wait, and the first page; who may see personal data, and each look is audited."""
    id = park(ward)
    binh = open_page(look, ward)
    page = binh.get(message(id)).text
    assert "No code of a dossier" in page
    assert page_picture(id, 1).replace("&", "&amp;") in page
    shown = binh.get(page_picture(id, 1))
    assert (shown.content, shown.headers["content-type"]) == (PICTURE, "image/jpeg")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert actions(ward).count("pages.look") == 1


def test_a_person_looks_at_every_page(look: Look, ward: Ward) -> None:
    """Drawn from the paper when it is asked for; there is no page behind the last."""
    id = park(ward, pages=3)
    binh = open_page(look, ward)
    first, last = binh.get(message(id)).text, binh.get(message(id, 3)).text
    assert message(id, 3).replace("&", "&amp;") in first
    assert page_picture(id, 3).replace("&", "&amp;") in last
    sizes = []
    for number in (2, 3):
        shown = binh.get(page_picture(id, number))
        assert shown.headers["content-type"] == "image/jpeg"
        with Image.open(io.BytesIO(shown.content)) as picture:
            sizes.append(picture.size)
    assert sizes[0] != sizes[1], "each page is its own"
    assert binh.get(page_picture(id, 4)).status_code == 404
    assert actions(ward).count("pages.look") == 2


def test_the_picture_is_not_for_an_operator_nor_another_message(look: Look, ward: Ward) -> None:
    """An operator may act and not read personal data; a message without a picture has none."""
    id = park(ward)
    lan = open_page(look, ward, role=UserRole.OPERATOR, name="lan")
    assert page_picture(id, 1) not in lan.get(message(id)).text
    assert lan.get(page_picture(id, 1)).status_code == 403
    assert open_page(look, ward).get(page_picture("0" * 32, 1)).status_code == 404


def test_a_person_puts_the_pages_into_a_dossier_once(look: Look, ward: Ward) -> None:
    """They enter as a scan, its cause is known, and clicked twice it is once done."""
    id = park(ward)
    binh = open_page(look, ward)
    form = forms_of(binh.get(message(id)))["assign"]
    filled = form.filled(number=NUMBER, component="TP-01", reason="read by eye")
    answers = [binh.post(FORM, filled) for _ in range(2)]
    assert [it.status_code for it in answers] == [303, 303]
    assert f"Put into dossier {NUMBER}" in binh.get(answers[0].headers["location"]).text
    scans = [it for it in accepted(ward.store) if isinstance(it, DocumentScanned)]
    assert [(it.number, it.component, it.device) for it in scans] == [
        (NUMBER, "TP-01", "scanner-1")
    ]
    assert state(ward, id) == "handled"
    assert actions(ward).count("pages.assign") == 1


@pytest.mark.parametrize(
    ("number", "component", "why"),
    [
        (NUMBER.replace("0001", "0777"), "TP-01", "There is no dossier"),
        ("0001", "TP-01", "malformed"),
        (NUMBER, "TP 01", "malformed"),
        (NUMBER, "", "Name the component"),
    ],
)
def test_pages_go_into_no_dossier_that_is_not_there(
    look: Look, ward: Ward, number: str, component: str, why: str
) -> None:
    """What was typed stays in the form, and the pages wait."""
    id = park(ward, number=NUMBER)
    binh = open_page(look, ward)
    page = binh.get(message(id))
    assert f'value="{NUMBER}"' in page.text
    form = forms_of(page)["assign"]
    answer = binh.post(FORM, form.filled(number=number, component=component, reason="x"))
    assert answer.status_code == 409
    assert why in answer.text
    assert state(ward, id) == parked.PARKED


def test_pages_that_another_person_placed_are_not_placed_again(look: Look, ward: Ward) -> None:
    """The second page is of another time: nothing is done, and how it is now is shown."""
    id = park(ward)
    binh = open_page(look, ward)
    first, second = (forms_of(binh.get(message(id)))["assign"] for _ in range(2))
    typed = {"number": NUMBER, "component": "TP-01", "reason": "x"}
    assert binh.post(FORM, first.filled(**typed)).status_code == 303
    late = binh.post(FORM, second.filled(**typed))
    assert late.status_code == 409
    assert "not parked any more" in late.text


def test_pages_go_into_no_dossier_whose_personal_data_was_erased(look: Look, ward: Ward) -> None:
    """Nothing may come back to it; the pages wait for another answer."""
    id = park(ward)
    binh = open_page(look, ward)
    form = forms_of(binh.get(message(id)))["assign"]
    with ward.store.write() as tx:
        assert erasing.erase(tx, NUMBER, now=now())
    answer = binh.post(FORM, form.filled(number=NUMBER, component="TP-01", reason="x"))
    assert answer.status_code == 409
    assert "There is no dossier" in answer.text
    assert state(ward, id) == parked.PARKED
