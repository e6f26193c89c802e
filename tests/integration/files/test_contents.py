"""Every way in asks a file's content what it is, before the hub keeps it."""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from hub.file_checks.check import ContentCheck
from hub.messages import catalog
from hub.messages.invalid import InvalidMessage
from hub.operations.watchers.files.kept_files import KeptFiles
from hub.store.messages import file_findings
from hub.store.repair import tasks
from tests.integration.gateway.soap.test_soap_bodies import (
    MTOM,
    XOP,
    envelope,
    package,
    post,
    submission,
)
from tests.support.files import sample_files as made
from tests.support.files.checked_files import check_contents
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import reception, scan
from tests.support.works import now

PDF = "application/pdf"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward whose files are checked."""
    with open_partner_gateway(tmp_path) as opened:
        check_contents(opened.ward)
        yield opened


def stored(gateway: PartnerGateway) -> list[str]:
    """Return the names of everything that lies in the file store."""
    return [it.name for it in gateway.ward.files.directory.rglob("*") if it.is_file()]


def by_rest(gateway: PartnerGateway, content: bytes) -> tuple[int, str]:
    """Send a file to /v1/files; return status and code."""
    reply = gateway.call("POST", "/v1/files", content, Content_Type=PDF)
    return reply.status, json.loads(reply.data).get("code", "")


def by_device(gateway: PartnerGateway, content: bytes) -> tuple[int, str]:
    """Send a file as a device does."""
    fields = {"Authorization": "Bearer in-token", "Content_Type": PDF, "X_Name": "a.pdf"}
    reply = gateway.call("PUT", "/files", content, **fields)
    return reply.status, json.loads(reply.data).get("code", "")


def by_base64(gateway: PartnerGateway, content: bytes) -> tuple[int, str]:
    """Send a file within a SOAP call."""
    body = submission(base64.b64encode(content).decode())
    return post(gateway, envelope(body), "text/xml")


def by_mtom(gateway: PartnerGateway, content: bytes) -> tuple[int, str]:
    """Send a file beside a SOAP call."""
    body = envelope(submission(XOP.format("a")))
    return post(gateway, package(body, ("a", content)), MTOM)


Way = Callable[[PartnerGateway, bytes], tuple[int, str]]
WAYS = (by_rest, by_device, by_base64, by_mtom)


@pytest.mark.parametrize("way", WAYS, ids=lambda it: it.__name__)
def test_a_file_that_proves_its_type_is_taken(gateway: PartnerGateway, way: Way) -> None:
    """On every way in."""
    status, code = way(gateway, made.pdf("Đơn"))
    assert (status in {200, 201}, code) == (True, "")
    assert len(stored(gateway)) == 1


@pytest.mark.parametrize("way", WAYS, ids=lambda it: it.__name__)
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ this is a program", "file_type_refused"),
        (made.picture("JPEG"), "file_type_differs"),
        (made.pdf_with_script(), "file_active"),
        (b"%PDF-1.7 torn", "file_broken"),
    ],
    ids=["program", "picture named pdf", "script", "torn"],
)
def test_a_file_that_does_not_is_refused_and_leaves_nothing(
    gateway: PartnerGateway, way: Way, content: bytes, code: str
) -> None:
    """By a code with sentences in both languages."""
    status, told = way(gateway, content)
    assert (status >= 400, told) == (True, code)
    if code != "file_type_differs":  # its bytes may come before its name
        assert stored(gateway) == []


def test_a_refusal_tells_both_languages_and_what_to_do(gateway: PartnerGateway) -> None:
    """A sender without Vietnamese can act on it."""
    reply = gateway.call("POST", "/v1/files", b"GIF89a", Content_Type="image/gif")
    told = json.loads(reply.data)
    assert reply.status == 415
    assert told["title"] == "Loại tệp này không được nhận."
    assert told["title_en"] == "This type of file is not taken."
    guide = json.loads(gateway.call("GET", "/v1/faults/file_type_refused").data)
    assert "PDF, JPEG" in guide["action"]
    assert "PDF, JPEG" in guide["action_en"]


def test_bombs_are_refused_in_a_process_of_their_own(gateway: PartnerGateway) -> None:
    """A picture and a zip that become too large; the gateway goes on."""
    for content in (made.png_bomb(), made.zip_bomb()):
        reply = gateway.call("POST", "/v1/files", content)
        assert json.loads(reply.data)["code"] == "file_bomb"
    assert by_rest(gateway, made.pdf())[0] == 201


def test_a_pdf_is_cleaned_where_the_settings_want_that(gateway: PartnerGateway) -> None:
    """What is stored is the copy, under its own hash; a signed one is refused."""
    check_contents(gateway.ward, ContentCheck(cleans=True))
    content = made.pdf_with_script()
    reply = gateway.call("POST", "/v1/files", content, Content_Type=PDF)
    told = json.loads(reply.data)
    assert reply.status == 201
    assert told["maBamTep"] != hashlib.sha256(content).hexdigest()
    kept = gateway.ward.files.path(told["maBamTep"]).read_bytes()
    assert told["maBamTep"] == hashlib.sha256(kept).hexdigest()
    assert told["kichThuoc"] == len(kept)
    assert b"app.alert" not in kept
    assert by_rest(gateway, made.pdf_with_script(signed=True)) == (422, "file_active")
    assert stored(gateway) == [told["maBamTep"]]


def test_a_message_whose_file_is_another_than_it_says_is_refused(gateway: PartnerGateway) -> None:
    """Also where bytes and name come apart: the device's file, then its message."""
    ward = gateway.ward
    ward.accept(reception())
    code = reception().components[0].code
    file = ward.intake.store_file(
        io.BytesIO(made.picture("PNG")), name="a.png", media_type="image/png", component=code
    )
    for lie in ({"name": "a.exe"}, {"media_type": PDF}):
        lying = msgspec.structs.replace(file, **lie)
        with pytest.raises(InvalidMessage) as refused:
            ward.intake.accept(
                catalog.compose(scan(code), time=now(), source="scanner-1", attachments=[lying])
            )
        assert refused.value.code == "file_type_differs"


def test_a_partners_result_is_kept_and_a_task_says_so(gateway: PartnerGateway) -> None:
    """It is never lost: a person decides, once; a task that was closed is not opened again."""
    ward = gateway.ward
    content = made.pdf_with_script()
    sha256 = hashlib.sha256(content).hexdigest()
    kept = ward.intake.store_file(
        io.BytesIO(content), name="kq.pdf", media_type=PDF, sha256=sha256, keep=True
    )
    assert ward.files.path(kept.sha256).read_bytes() == content
    watcher = KeptFiles(store=ward.store, files=ward.files)
    with ward.store.read() as tx:
        (found,) = file_findings.every(tx)
    assert (found.sha256, found.code) == (sha256, "file_active")
    assert watcher.check(found.found_at) == 0  # its message has not come yet
    later = found.found_at.replace(year=found.found_at.year + 1)
    assert watcher.check(later) == 1
    with ward.store.write() as tx:
        (task,) = tasks.open_of_kind(tx, "file_finding")
        tasks.close(tx, task.number, actor="An", reason="looked at", now=later)
    assert watcher.check(later) == 0


def test_a_parse_does_not_stay_on_the_one_cpu_of_the_threads_that_ask_for_it(
    tmp_path: Path,
) -> None:
    """The hub's threads share one; a parse there would hold up all of them."""
    place = tmp_path / "a.pdf"
    place.write_bytes(made.pdf())
    program = (
        "import os, sys; from hub.file_checks import child;"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "print(child.main(sys.argv[1:])['media_type'], len(os.sched_getaffinity(0)))"
    )
    command = [sys.executable, "-c", program, str(place), PDF]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    assert told == [PDF, str(len(os.sched_getaffinity(0)))]
