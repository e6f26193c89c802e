"""A partner's file that is refused leaves a task for an officer, and nothing of itself."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.file_checks.check import ContentCheck
from hub.file_checks.clamd import Clamd
from hub.gateway.refused_files import KIND, MOST_OF_A_CLIENT
from hub.rules.owners import CLERK, WARD_IT
from hub.store.repair import tasks
from tests.integration.files.test_contents import by_base64, by_mtom, by_rest, stored
from tests.integration.gateway.soap.test_soap_bodies import envelope, post, submission
from tests.support.files import sample_files as made
from tests.support.files.checked_files import check_contents
from tests.support.files.instream import SIGN, scanner_at
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import NUMBER
from tests.support.works import now

TUS = {"Tus_Resumable": "1.0.0", "Content_Type": "application/offset+octet-stream"}


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward whose files are checked."""
    with open_partner_gateway(tmp_path) as opened:
        check_contents(opened.ward)
        yield opened


def by_tus(gateway: PartnerGateway, content: bytes) -> tuple[int, str]:
    """Send a file as a resumable upload, whole with its creation."""
    reply = gateway.call("POST", "/v1/uploads", content, Upload_Length=str(len(content)), **TUS)
    return reply.status, json.loads(reply.data).get("code", "")


def open_tasks(gateway: PartnerGateway) -> Sequence[sa.Row[tuple[object, ...]]]:
    """Return the open tasks about refused files."""
    with gateway.ward.store.read() as tx:
        return [it for it in tasks.still_open(tx) if it.kind == KIND]


Way = Callable[[PartnerGateway, bytes], tuple[int, str]]


@pytest.mark.parametrize("way", [by_rest, by_tus, by_base64, by_mtom], ids=lambda it: it.__name__)
def test_a_refused_file_of_a_partner_is_a_task_once(gateway: PartnerGateway, way: Way) -> None:
    """With cause and partner, and the dossier where the call had named it; nothing is stored."""
    content = made.pdf_with_script()
    for _ in range(3):
        assert way(gateway, content)[1] == "file_active"
    (task,) = open_tasks(gateway)
    assert (task.destination, task.owner) == ("provincial", CLERK)
    assert "file_active" in task.subject
    assert "provincial" in task.detail.vi
    assert (NUMBER in task.detail.vi) is (way in (by_base64, by_mtom))
    assert stored(gateway) == []


def test_an_infected_file_of_a_partner_is_a_task_of_the_wards_it(
    gateway: PartnerGateway, tmp_path: Path
) -> None:
    """The scanner's name of the virus stands in the task; the file is nowhere."""
    place = tmp_path / "clamd.ctl"
    check_contents(gateway.ward, ContentCheck(scanner=Clamd(f"unix:{place}")))
    with scanner_at(place):
        assert by_rest(gateway, made.pdf(SIGN.decode())) == (422, "file_infected")
    (task,) = open_tasks(gateway)
    assert task.owner == WARD_IT
    assert stored(gateway) == []


def test_a_result_whose_file_is_of_another_type_is_a_task_with_its_dossier(
    gateway: PartnerGateway,
) -> None:
    """The bytes were good; what the call says of them is not, and the result was not taken."""
    content = made.picture("PNG")
    assert gateway.call("POST", "/v1/files", content, Content_Type="image/png").status == 201
    file = {
        "tenTep": "ket-qua.pdf",
        "loaiTep": "application/pdf",
        "maBamTep": hashlib.sha256(content).hexdigest(),
    }
    body = {
        "ngayKetThuc": "2018-08-06T09:00:00+07:00",
        "nguoiXuLy": "An",
        "phongBanXuLy": "B",
        "tepDinhKem": [file],
    }
    path = f"/v1/dossiers/{NUMBER}/results"
    reply = gateway.call("POST", path, json.dumps(body).encode(), Content_Type="application/json")
    assert json.loads(reply.data)["code"] == "file_type_differs"
    (task,) = open_tasks(gateway)
    assert task.subject == f"{NUMBER} file_type_differs"


def test_a_task_that_was_closed_is_opened_again_by_the_next_refusal(
    gateway: PartnerGateway,
) -> None:
    """The partner was asked, and its next file is no better."""
    by_rest(gateway, b"MZ a program")
    with gateway.ward.store.write() as tx:
        tasks.close(tx, open_tasks(gateway)[0].number, actor="An", reason="asked", now=now())
    assert open_tasks(gateway) == []
    by_rest(gateway, b"MZ a program")
    assert len(open_tasks(gateway)) == 1


def test_a_partner_cannot_fill_the_list_of_tasks(gateway: PartnerGateway) -> None:
    """Only a few of one partner are open, whatever it sends."""
    call = envelope(submission(b64encode(b"MZ a program").decode()))
    for nth in range(MOST_OF_A_CLIENT + 2):
        number = f"{NUMBER[:-4]}{nth + 1:04}"
        asked = call.replace(NUMBER.encode(), number.encode())
        assert post(gateway, asked, "text/xml") == (415, "file_type_refused")
    assert len(open_tasks(gateway)) == MOST_OF_A_CLIENT
