"""Two steps of one dossier, status and minute are two; one that is told again is one."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.exchange.intake.accept import Intake
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.ports import Accepted
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore

EXAMPLE = Path(__file__).parents[3] / "schemas/examples/dossier.received.v1.json"
RULES = Rulebook.load()
RECEIVED = envelope.decode(EXAMPLE.read_bytes().replace(b"2.000880", b"1.001193"))


@pytest.fixture
def intake(store: Store, tmp_path: Path) -> Iterator[Intake]:
    """The way in."""
    made = Intake(store, BlobStore(tmp_path), clock=lambda: RECEIVED.time)
    yield made
    made.close()


def at() -> datetime:
    """Return a minute after the reception, as a form without seconds says it."""
    return RECEIVED.time.replace(second=0, microsecond=0) + timedelta(hours=1)


def moved(id: str, **changes: object) -> Message:
    """Return the word of an officer who moved the dossier on."""
    values: dict[str, object] = {
        "number": RECEIVED.key,
        "status": p.Status.PROCESSING,
        "at": at(),
        "officer": "Lê Văn Thử",
        "unit": "Địa chính",
        "note": "Chuyển thẩm định",
    }
    payload = p.DossierProgressed(**(values | changes))  # type: ignore[arg-type]
    return catalog.compose(payload, time=at(), source="workstation.1", id=id)


@pytest.mark.parametrize(
    "changes", [{"note": "Thẩm định xong"}, {"officer": "Hoàng Thị Mới"}, {"unit": "Tư pháp"}]
)
def test_two_different_steps_of_one_minute_are_both_accepted(
    intake: Intake, changes: dict[str, str]
) -> None:
    """Each is accepted, and each told again is known by its first id."""
    first, second = moved("a" * 32), moved("b" * 32, **changes)
    assert [intake.accept(one) for one in (first, second)] == [
        Accepted("a" * 32),
        Accepted("b" * 32),
    ]
    again = [intake.accept(moved("c" * 32)), intake.accept(moved("d" * 32, **changes))]
    assert again == [Accepted("a" * 32, duplicate=True), Accepted("b" * 32, duplicate=True)]


def test_a_step_that_is_only_written_differently_is_the_same(intake: Intake) -> None:
    """Normal form, case and blanks make no second step."""
    intake.accept(moved("a" * 32))
    note = unicodedata.normalize("NFD", "CHUYỂN  thẩm định ")
    assert intake.accept(moved("b" * 32, note=note)) == Accepted("a" * 32, duplicate=True)


def test_the_key_of_a_further_step_holds_no_words(intake: Intake) -> None:
    """The note may name a person."""
    message = moved("a" * 32)
    key = catalog.further_key(message, catalog.read(message))
    assert "thẩm" not in key.casefold()
    other = moved("b" * 32, note="khác")
    assert catalog.further_key(other, catalog.read(other)) != key


def test_both_steps_are_told_to_the_province(store: Store) -> None:
    """The guard of the status takes neither for a repeat."""
    records, said = Records(RULES), []
    for message in (RECEIVED, moved("a" * 32), moved("b" * 32, note="Thẩm định xong")):
        with store.write() as tx:
            said += list(records(tx, message, catalog.read(message)))
    steps = [catalog.read(one) for one in said if one.type == "province.progress"]
    notes = [one.text for one in steps if isinstance(one, p.ProvinceProgress)]
    assert notes[1:] == ["Chuyển thẩm định", "Thẩm định xong"]
