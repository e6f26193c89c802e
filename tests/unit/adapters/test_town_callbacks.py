"""Callbacks are read with the tolerance of replies: what has one reading is taken and counted."""

import codecs
import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.town_center.callback import CallbackReader, subject_of
from adapters.town_center.profile import shipped
from adapters.wire.profile import Dates
from adapters.wire.reading import Findings
from hub.messages.invalid import InvalidMessage
from hub.ports import DriftKind as K

NUMBER = "000.99.06.H57-180724-0901"
TOLD: dict[str, Any] = {
    "maSuKien": "SK-1",
    "SoBienNhan": NUMBER,
    "thuTu": 1,
    "buoc": "da-tiep-nhan",
    "thoiDiem": "2018-07-24T03:00:00Z",
    "canBo": "Bộ phận một cửa thị xã",
}
FILE = {
    "name": "gcn.pdf",
    "mediaType": "application/pdf",
    "size": 10,
    "sha256": "a" * 64,
    "url": "/tep/1",
}
PLAIN = CallbackReader(shipped())


def body(**changes: Any) -> bytes:
    return json.dumps(TOLD | changes, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"ghiChu": None}, K.MISSING_FIELD),
        ({"DanhSachGiayToKetQua": None}, None),
        ({"thuTu": "1"}, None),
        ({"thuTu": 1.0}, None),
        ({"thuTu": " 1 "}, K.BLANKS),
        ({"maSuKien": 123456}, K.OTHER_TYPE),
        ({"capDo": 2}, K.UNKNOWN_FIELD),
        ({"SoBienNhan": f" {NUMBER}\n"}, K.BLANKS),
        ({"SoBienNhan": NUMBER.lower()}, K.UNKNOWN_VALUE),
        ({"buoc": "DA-TIEP-NHAN "}, K.BLANKS),
        ({"buoc": "DA_TIEP_NHAN"}, K.UNKNOWN_VALUE),
        ({"buoc": "Đã tiếp nhận"}, K.UNKNOWN_VALUE),
        ({"thoiDiem": "2018-07-24 03:00:00"}, None),
        ({"thoiDiem": "2018-07-24T10:00:00.1234567+0700"}, None),
        ({"thoiDiem": "/Date(1532401200000+0700)/"}, K.OTHER_TYPE),
        ({"canBo": None}, K.MISSING_FIELD),
        ({"canBo": ""}, None),
    ],
    ids=str,
)
def test_a_callback_in_another_form_is_the_same_step(
    changes: dict[str, Any], kind: K | None
) -> None:
    """Number, place and hour do not change with the way in which they are written."""
    findings = Findings()
    step = PLAIN.read(body(**changes), {}, findings)
    assert (step.number, step.sequence, step.step) == (NUMBER, 1, "da-tiep-nhan")
    assert step.at.replace(microsecond=0).isoformat() == "2018-07-24T03:00:00+00:00"
    assert step.officer in {TOLD["canBo"], shipped().callbacks.officer}
    assert kind is None or kind in {it.kind for it in findings.drift}
    assert subject_of(body(**changes), {}) == f"{NUMBER} 1"


@pytest.mark.parametrize(
    ("write", "headers"),
    [
        (lambda it: codecs.BOM_UTF8 + it, {}),
        (lambda it: b"\r\n " + it, {}),
        (lambda it: gzip.compress(it), {"Content-Encoding": "gzip"}),
        (lambda it: it.decode().encode("utf-16"), {"Content-Type": "application/json"}),
        (lambda it: b"[" + it + b"]", {}),
        (lambda it: b'{"data":' + it + b"}", {}),
    ],
    ids=["mark", "blanks ahead", "gzip", "utf-16", "list of one", "wrapped"],
)
def test_a_callback_in_another_wrapping_is_the_same_step(
    write: Callable[[bytes], bytes], headers: dict[str, str]
) -> None:
    """The signature holds for the bytes; what they say is read as in a reply, and counted."""
    sent, findings = write(body()), Findings()
    step = PLAIN.read(sent, headers, findings)
    assert (step.number, step.sequence, step.officer) == (NUMBER, 1, TOLD["canBo"])
    assert findings.drift
    assert subject_of(sent, headers) == f"{NUMBER} 1"


def test_a_result_file_in_another_form_is_the_same_file() -> None:
    """A size as text, a hash in capitals, one file without its list."""
    bent = FILE | {"size": "10", "sha256": "A" * 64, "MaGiayToKetQua": None}
    for list_of in (bent, [bent]):
        (file,) = PLAIN.read(body(DanhSachGiayToKetQua=list_of), {}, Findings()).results
        assert (file.size, file.sha256, file.code) == (10, "a" * 64, "")


def test_times_are_read_in_the_forms_and_the_zone_of_the_profile() -> None:
    """A town that writes local times without an offset says so in its profile."""
    local = replace(shipped().callbacks, zone="Asia/Ho_Chi_Minh")
    profile = replace(shipped(), dates=Dates(forms=("%d/%m/%Y %H:%M:%S",)), callbacks=local)
    reader = CallbackReader(profile)
    for text in ("24/07/2018 10:00:00", "2018-07-24T03:00:00Z", "2018-07-24T10:00:00"):
        step = reader.read(body(thoiDiem=text), {}, Findings())
        assert step.at.isoformat() == "2018-07-24T03:00:00+00:00"


def test_a_day_is_a_time_only_where_the_town_keeps_days() -> None:
    """Else an hour would be invented."""
    days = replace(shipped(), resolution=replace(shipped().resolution, time=timedelta(days=1)))
    told = body(thoiDiem="2018-07-24")
    assert CallbackReader(days).read(told, {}, Findings()).at.isoformat()[:10] == "2018-07-24"
    with pytest.raises(InvalidMessage, match=r"\$\.thoiDiem"):
        PLAIN.read(told, {}, Findings())


@pytest.mark.parametrize(
    ("told", "where"),
    [
        (body()[:-1] + b', "thuTu": 2}', "thuTu: two different values"),
        (body(SoBienNhan={"so": 1}), "SoBienNhan: a record where a text is expected"),
        (b'"x"', "a text where a record is expected"),
        (body(canBo=None), "callbacks.officer"),
    ],
)
def test_what_has_no_reading_or_two_is_refused_with_its_place(told: bytes, where: str) -> None:
    """The task tells which field, and what to do."""
    strict = replace(shipped(), callbacks=replace(shipped().callbacks, officer=""))
    with pytest.raises(InvalidMessage) as refused:
        CallbackReader(strict).read(told, {}, Findings())
    assert where in str(refused.value)
