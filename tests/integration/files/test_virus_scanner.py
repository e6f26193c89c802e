"""The virus scanner sees every file; what happens while it is away is a setting."""

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import urllib3

from hub.file_checks.check import ContentCheck
from hub.file_checks.clamd import Clamd
from hub.operations.watchers.files.kept_files import AWAY, KIND, KeptFiles
from hub.ports.files import ScannerAway
from hub.preflight.services.virus_scanner import virus_scanner
from hub.settings import Settings
from hub.store.messages import file_findings
from hub.store.repair import tasks
from tests.support.files import sample_files as made
from tests.support.files.checked_files import check_contents
from tests.support.files.instream import SIGN, scanner_at
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.works import now

CLEAN, INFECTED = made.pdf("clean"), made.pdf(SIGN.decode())
LATER = timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the scanner listens, when it runs."""
    return tmp_path / "clamd.ctl"


@pytest.fixture
def gateway(tmp_path: Path, place: Path) -> Iterator[PartnerGateway]:
    """A gateway whose files a scanner has to see."""
    with open_partner_gateway(tmp_path) as opened:
        set_scanner(opened, place, needed=True)
        yield opened


def set_scanner(gateway: PartnerGateway, place: Path, *, needed: bool) -> None:
    """Have files scanned by what listens there."""
    check_contents(
        gateway.ward, ContentCheck(scanner=Clamd(f"unix:{place}"), scanner_needed=needed)
    )


def send(gateway: PartnerGateway, content: bytes) -> tuple[int, str]:
    """Send a file; return status and code."""
    reply = gateway.call("POST", "/v1/files", content)
    return reply.status, json.loads(reply.data).get("code", "")


def open_tasks(gateway: PartnerGateway, kind: str) -> list[str]:
    """Return the subjects of the open tasks of a kind."""
    with gateway.ward.store.read() as tx:
        return [task.subject for task in tasks.open_of_kind(tx, kind)]


def watch(gateway: PartnerGateway) -> None:
    """Let the timer look, a day later: every message has come by then."""
    KeptFiles(store=gateway.ward.store, files=gateway.ward.files).check(now() + LATER)


def test_a_clean_file_is_taken_and_an_infected_one_refused(
    gateway: PartnerGateway, place: Path
) -> None:
    """The refusal names what was found; nothing of the file stays."""
    with scanner_at(place) as scanner:
        assert send(gateway, CLEAN) == (201, "")
        assert send(gateway, INFECTED) == (422, "file_infected")
        assert scanner.scanned == 2
    assert not gateway.ward.files.place(hashlib.sha256(INFECTED).hexdigest()).exists()


def test_files_are_refused_for_now_while_the_scanner_is_away(
    gateway: PartnerGateway, place: Path
) -> None:
    """503 with Retry-After on both ways; one task says so, and closes by itself."""
    reply = gateway.call("POST", "/v1/files", CLEAN)
    assert (reply.status, json.loads(reply.data)["code"]) == (503, "scanner_away")
    assert int(reply.headers["Retry-After"]) > 0
    fields = {"Authorization": "Bearer in-token", "Content-Type": "application/pdf", "X-Name": "a"}
    device = urllib3.request(
        "PUT", f"{gateway.url}/files", body=CLEAN, headers=fields, retries=False
    )
    assert (device.status, device.json()["code"]) == (503, "scanner_away")
    watch(gateway)
    watch(gateway)
    assert open_tasks(gateway, AWAY) == ["clamd"]
    with scanner_at(place):
        watch(gateway)
        assert send(gateway, CLEAN) == (201, "")
    assert open_tasks(gateway, AWAY) == []


def test_files_are_kept_and_scanned_later_where_the_setting_says_so(
    gateway: PartnerGateway, place: Path
) -> None:
    """What the scanner then finds is a task, and the file is given out no more."""
    set_scanner(gateway, place, needed=False)
    assert send(gateway, CLEAN) == send(gateway, INFECTED) == (201, "")
    with gateway.ward.store.read() as tx:
        assert [it.code for it in file_findings.every(tx)] == [file_findings.UNSCANNED] * 2
    with scanner_at(place):
        watch(gateway)
        watch(gateway)
    with gateway.ward.store.read() as tx:
        (found,) = file_findings.every(tx)
    infected = hashlib.sha256(INFECTED).hexdigest()
    assert (found.sha256, found.code, found.why) == (infected, "file_infected", "Hub.Test.Sign")
    assert open_tasks(gateway, KIND) == [infected[:12]]


def test_an_infected_result_is_kept_and_not_given_out_until_the_scanner_knows_better(
    gateway: PartnerGateway, place: Path
) -> None:
    """It is never lost; a false alarm ends with the scanner's own ignore list."""
    token = {"Authorization": "Bearer file-token"}
    with scanner_at(place) as scanner:
        kept = gateway.ward.intake.store_file(
            io.BytesIO(INFECTED), name="kq.pdf", media_type="application/pdf", keep=True
        )
        address = f"{gateway.url}/files/{kept.sha256}"
        refused = urllib3.request("GET", address, headers=token)
        assert (refused.status, refused.json()["detail"]["code"]) == (403, "file_infected")
        scanner.finds = False
        assert urllib3.request("GET", address, headers=token).data == INFECTED
    assert urllib3.request("GET", address, headers=token).status == 200


def test_a_scanner_that_does_not_scan_a_file_has_not_found_it_clean(
    place: Path, tmp_path: Path
) -> None:
    """Too large for its StreamMaxLength, or a reply that nobody knows."""
    large = tmp_path / "large"
    large.write_bytes(b"x" * 200_000)
    with scanner_at(place) as scanner:
        scanner.largest = 100_000
        with pytest.raises(ScannerAway):
            Clamd(f"unix:{place}").virus_in(large)
        scanner.largest = 300_000
        assert Clamd(f"unix:{place}").virus_in(large) == ""


def test_the_doctor_tells_whether_the_scanner_answers(place: Path) -> None:
    """With the day of its signatures, or with what happens meanwhile."""
    settings = Settings(virus_scanner_url=f"unix:{place}")
    (away,) = virus_scanner(settings)
    assert not away.ok
    assert not away.fatal
    assert "refused" in away.fix
    with scanner_at(place):
        (there,) = virus_scanner(settings)
    assert there.ok
    assert "27000" in there.detail
    assert list(virus_scanner(Settings())) == []
