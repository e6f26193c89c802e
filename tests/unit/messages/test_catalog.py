"""The catalogue of message types agrees with schemas, examples and the literal wire names."""

from pathlib import Path

import pytest

from hub.messages import catalog, envelope, schemas
from hub.messages.catalog import CATALOG
from hub.messages.invalid import InvalidMessage
from hub.messages.message_type import MessageType

ROOT = Path(__file__).parents[3]
WIRE_NAMES = [
    "dossier.received.v1",
    "document.scanned.v1",
    "pages.unread.v1",
    "barcode.scanned.v1",
    "dossier.progressed.v1",
    "survey.submitted.v1",
    "town.step_reported.v1",
    "dossier.submitted.v1",
    "dossier.status_set.v1",
    "dossier.supplement_requested.v1",
    "dossier.payment_requested.v1",
    "dossier.procedure_corrected.v1",
    "dossier.result_issued.v1",
    "province.dossier.v1",
    "province.progress.v1",
    "town.transfer.v1",
    "town.supplement.v1",
    "town.result_returned.v1",
    "devices.paper.v1",
]


def test_wire_names_are_pinned() -> None:
    """A rename inside the catalogue would break partners and stored messages."""
    assert [entry.routing_key for entry in CATALOG] == WIRE_NAMES


def test_every_type_has_its_generated_schema_and_no_schema_is_left_over() -> None:
    """schemas/messages is what the catalogue says, file by file."""
    for entry in CATALOG:
        path = schemas.FOLDER / f"{entry.routing_key}.json"
        assert path.read_text(encoding="utf-8") == schemas.text_of(entry)
    assert {path.stem for path in schemas.FOLDER.glob("*.json")} == set(WIRE_NAMES)


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.routing_key)
def test_every_type_has_an_example_that_can_be_read_and_written_back(
    entry: MessageType,
) -> None:
    """An integrator can start from schemas/examples."""
    text = (ROOT / "schemas" / "examples" / f"{entry.routing_key}.json").read_bytes()
    message = envelope.decode(text)
    payload = catalog.read(message)
    assert type(payload) is entry.payload
    assert envelope.decode(envelope.encode(message)) == message


def test_dedup_and_personal_fields_exist_in_their_payload() -> None:
    """A misspelt field would switch off deduplication or masking silently."""
    for entry in CATALOG:
        fields = set(entry.payload.__struct_fields__)
        assert set(entry.dedup) | set(entry.personal) <= fields


@pytest.mark.parametrize(
    ("name", "version", "code"),
    [("dossier.received", 99, "version_unknown"), ("nothing.known", 1, "type_unknown")],
)
def test_unknown_type_or_version_is_refused_by_name(name: str, version: int, code: str) -> None:
    """The sender learns whether the type or only its version is unknown."""
    with pytest.raises(InvalidMessage) as caught:
        catalog.find(name, version)
    assert caught.value.code == code


def _example(name: str) -> bytes:
    return (ROOT / "schemas" / "examples" / f"{name}.json").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (b'"000.99.01.H57-180806-0001"', b'"khong-phai-ma"', "$.payload.maHoSo"),
        # Python's `$` stands before a last line end too; it would be a second dossier.
        (b'-0001",\n    "maTTHC"', b'-0001\\n",\n    "maTTHC"', "$.payload.maHoSo"),
        (
            b'"2018-08-06T08:30:00+07:00",\n    "k',
            b'"9999-12-31T23:59:59-12:00",\n    "k',
            "$.payload.ngayTiepNhan",
        ),
        (b'"soBanChinh": 1', b'"soBanChinh": -1', "$.payload.thanhPhanHoSo[0].soBanChinh"),
        (
            b'"2018-08-06T08:30:00+07:00",\n    "kenh',
            b'"2018-08-06T08:30:00",\n    "kenh',
            "$.payload.ngayTiepNhan",
        ),
    ],
)
def test_a_broken_payload_names_the_place(old: bytes, new: bytes, where: str) -> None:
    """What, where, why: the JSON path of the first wrong value."""
    body = _example("dossier.received.v1")
    assert old in body
    broken = body.replace(old, new)
    with pytest.raises(InvalidMessage) as caught:
        catalog.read(envelope.decode(broken))
    assert (caught.value.code, caught.value.where) == ("payload_invalid", where)


def test_broken_json_and_an_oversized_message_are_refused() -> None:
    """Neither reaches a handler."""
    with pytest.raises(InvalidMessage, match="json_broken"):
        envelope.decode(b'{"id": ')
    with pytest.raises(InvalidMessage, match="message_too_large"):
        envelope.decode(b" " * (envelope.MAX_BYTES + 1))


def test_json_that_is_nested_without_end_is_refused() -> None:
    """It is the sender's fault, not a crash of ours that takes a whole batch along."""
    deep = b"[" * 20_000 + b"]" * 20_000
    with pytest.raises(InvalidMessage) as refused:
        envelope.decode(b'{"payload":' + deep + b"}")
    assert refused.value.code == "json_broken"
