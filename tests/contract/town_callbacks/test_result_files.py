"""Result files that the town's callbacks name: pulled, verified, or refused."""

import itertools
from typing import Any

import pytest

from adapters.simulation.faults import Fault, FaultKind
from hub.messages import envelope
from tests.support.partners.town_talk import Place, forget, receive, report

K = FaultKind
_numbers = itertools.count(1)


def test_result_files_are_pulled_verified_and_attached(
    place: Place, result: dict[str, Any]
) -> None:
    """The message names each file by hash; its bytes are in the hub before the town hears so."""
    forget(place, result)
    number = "000.99.06.H57-180724-0010"
    body = report(number, buoc="ket-thuc", DanhSachGiayToKetQua=[{**result, "MaGiayToKetQua": "K"}])
    assert receive(place, body)[0] == 200
    (message,) = [m for m in place[0].sink.messages.values() if m.key == number]
    (file,) = message.attachments
    assert (file.sha256, file.size, file.component) == (result["sha256"], result["size"], "K")
    assert result["sha256"] in place[0].sink.files


@pytest.mark.parametrize(
    "address",
    ["https://10.0.0.5:8443/ket-qua/{}", "/ket-qua/{}", "ket-qua/{}", "//inside/ket-qua/{}"],
)
def test_a_result_file_is_pulled_from_the_towns_host_whatever_host_is_named(
    place: Place, result: dict[str, Any], address: str
) -> None:
    """A gateway stands in front of the town's software, which names itself by its inner name."""
    forget(place, result)
    number = f"000.99.06.H57-180724-{next(_numbers) + 200:04d}"
    told = result | {"url": address.format(result["sha256"])}
    body = report(number, buoc="ket-thuc", DanhSachGiayToKetQua=[told])
    assert receive(place, body)[0] == 200
    assert result["sha256"] in place[0].sink.files


def test_what_is_acknowledged_can_be_read_by_the_hub(place: Place, result: dict[str, Any]) -> None:
    """A name or media type that only the town's contract allows must not lose an acknowledged step:
    it is put right, or refused with the call."""
    number = "000.99.06.H57-180724-0012"
    strange = {"name": "GCN 12/2018.pdf", "mediaType": "application/pdf; charset=binary"}

    def told(**changes: str) -> tuple[int, dict[str, Any]]:
        files = [{**result, **changes}]
        return receive(place, report(number, buoc="ket-thuc", DanhSachGiayToKetQua=files))

    status, reply = told(mediaType="pdf")
    assert (status, reply["Result"]) == (400, 0)
    assert told(**strange)[0] == 200
    (message,) = [m for m in place[0].sink.messages.values() if m.key == number]
    (file,) = envelope.decode(envelope.encode(message)).attachments
    assert (file.name, file.media_type) == ("GCN 12_2018.pdf", "application/pdf")


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"sha256": "0" * 64}, 422, "Tệp không khớp mã băm đã khai."),
        ({"size": 3}, 422, "Tệp không khớp mã băm đã khai."),
        ({"size": 10**12}, 413, "Tệp vượt giới hạn kích thước."),
        ({"path": "/ket-qua/" + "1" * 64}, 503, None),
        ({"url": "http://127.0.0.1:1/ket-qua/ab"}, 503, None),
        ({"url": "http://169.254.169.254/latest/meta-data"}, 503, None),
        ({"url": "file:///etc/passwd"}, 400, None),
    ],
    ids=["hash", "longer", "limit", "not there", "port", "metadata", "file"],
)
def test_a_result_file_that_is_not_what_was_announced_stores_no_step(
    place: Place,
    result: dict[str, Any],
    changes: dict[str, Any],
    status: int,
    message: str | None,
) -> None:
    """Wrong hash, wrong size, missing, or on anybody else's address: Result 0, no half step."""
    forget(place, result)
    number = "000.99.06.H57-180724-0011"
    if path := changes.get("path"):
        changes = {"url": place[1].url + path}
    body = report(number, buoc="ket-thuc", DanhSachGiayToKetQua=[result | changes])
    found, reply = receive(place, body)
    assert (found, reply["Result"]) == (status, 0)
    assert message is None or reply["Message"] == message
    assert reply["Cause"]
    assert place[0].sink.steps(number) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=K.DOWN),
        Fault(kind=K.DROP_AFTER_ACCEPT, operations=("resultFile",)),
        Fault(kind=K.SERVER_ERROR, operations=("resultFile",)),
        Fault(kind=K.BUSY, operations=("resultFile",)),
    ],
    ids=lambda fault: str(fault.kind),
)
def test_a_file_that_cannot_be_pulled_now_is_asked_for_again(
    place: Place, result: dict[str, Any], fault: Fault
) -> None:
    """503 and Result 0: the town tells it again, and then it is stored."""
    forget(place, result)
    number = f"000.99.07.H57-180724-{next(_numbers):04d}"
    body = report(number, buoc="ket-thuc", DanhSachGiayToKetQua=[result])
    place[1].set_faults([fault])
    status, reply = receive(place, body)
    assert (status, reply["Result"]) == (503, 0)
    assert place[0].sink.steps(number) == []
    place[1].clear_faults()
    assert receive(place, body)[1]["Result"] == 1


@pytest.mark.parametrize("kind", [K.HTML, K.TRUNCATED, K.REDIRECT])
def test_a_page_instead_of_a_file_is_never_stored_as_the_result(
    place: Place, result: dict[str, Any], kind: FaultKind
) -> None:
    """What a proxy says in the file's place has another hash; a redirect is not followed."""
    forget(place, result)
    number = f"000.99.08.H57-180724-{next(_numbers):04d}"
    body = report(number, buoc="ket-thuc", DanhSachGiayToKetQua=[result])
    place[1].set_faults([Fault(kind=kind, operations=("resultFile",), remaining=1)])
    status, reply = receive(place, body)
    assert status in {422, 503}
    assert reply["Result"] == 0
    assert place[0].sink.steps(number) == []


def test_an_expired_token_is_renewed_while_pulling(place: Place, result: dict[str, Any]) -> None:
    """The result is not lost to a clock."""
    forget(place, result)
    place[1].set_faults([Fault(kind=K.EXPIRED_TOKEN, operations=("resultFile",), remaining=1)])
    body = report("000.99.06.H57-180724-0012", DanhSachGiayToKetQua=[result])
    assert receive(place, body)[0] == 200
    assert place[1].faults() == []
