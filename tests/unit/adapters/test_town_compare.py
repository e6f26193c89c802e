"""Whether the town has one of our calls, however its database gives ids and times back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from adapters.town_center import contract, mapping
from adapters.town_center.callbacks.reading import Shown
from adapters.town_center.compare import SUPPLEMENT, TRANSFER, compare, is_behind
from adapters.town_center.contract import Recorded
from hub.messages.envelope import Attachment
from hub.messages.payloads import TownSupplement
from hub.ports import Request
from hub.rules.deliveries.likeness import MINUTE, TimeTextResolution
from tests.support.partners.town import HUE, settings_for, transfer

NUMBER = "000.99.02.H57-180724-0001"
ID = "0123456789abcdef0123456789abcdef"
AT = datetime(2018, 8, 1, 9, 30, 17, tzinfo=HUE)
SETTINGS = settings_for("http://127.0.0.1:1", "http://127.0.0.1:1")
PAYLOAD = structs.replace(transfer(NUMBER), received_at=AT, due_at=AT + timedelta(days=9))


def request(operation: str, body: mapping.Body, id: str = ID, **more: Any) -> Request:
    """Return a request that says a body."""
    encoded = mapping.encode_body(body)
    return Request(
        operation=operation, number=NUMBER, body=encoded, digest="", message_id=id, **more
    )


SENT = request(TRANSFER, mapping.transfer(PAYLOAD, [], SETTINGS))


def supplement(version: int = 3, id: str = ID, **more: Any) -> Request:
    """Return a supplement."""
    payload = TownSupplement(number=NUMBER, version=version, supplied_at=AT, due_at=AT)
    return request(SUPPLEMENT, mapping.supplement(payload, [], SETTINGS), id, **more)


def recorded(id: str = ID, version: int = PAYLOAD.version) -> Recorded:
    """Return what the town keeps of a call."""
    return Recorded(message_id=id, version=version, at=AT)


def held(**changes: Any) -> Shown:
    """Return the dossier as a town without habits holds it."""
    plain = Shown(
        number=NUMBER,
        state=contract.DossierState.NEW,
        process=mapping.process_code(PAYLOAD.procedure, SETTINGS),
        received_at=PAYLOAD.received_at,
        due_at=PAYLOAD.due_at,
        transfers=(recorded(),),
        supplements=(),
        returns=(),
        files=(),
    )
    return structs.replace(plain, **changes)


@pytest.mark.parametrize("id", [ID, ID.upper(), f"  {ID}  ", ID[:20]])
def test_our_message_id_is_known_however_it_is_kept(id: str) -> None:
    """In capitals, padded, cut off."""
    found = compare(held(transfers=(recorded(id),)), SENT)
    assert (found.recorded, found.differs) == (True, ())


def test_times_are_compared_within_their_resolution() -> None:
    """A fraction is none; a cut minute is unclear, and the same where it is declared."""
    exact = held(received_at=AT + timedelta(milliseconds=400))
    assert compare(exact, SENT).differs == ()
    cut = held(received_at=AT.replace(second=0))
    assert compare(cut, SENT).unclear == ("NgayTiepNhan",)
    assert compare(cut, SENT, TimeTextResolution(time=MINUTE)).differs == ()
    other = held(due_at=PAYLOAD.due_at + timedelta(days=1, minutes=3, seconds=4))
    assert compare(other, SENT).certain == ("NgayHenTra",)


FILE = Attachment(name="a.pdf", media_type="application/pdf", size=1, sha256="ab" * 32)


@pytest.mark.parametrize(
    ("hashes", "certain", "unclear"),
    [
        (["ab" * 32], (), ()),
        (["cd" * 32], ("TapTin",), ()),
        ([], ("TapTin",), ()),
        (None, (), ("TapTin",)),
        (["q83vq83vq83vq83vq83vq83vq83vq83vq83vq83vq80="], (), ("TapTin",)),
    ],
    ids=["same", "other", "none_shown", "left_out", "base64"],
)
def test_a_list_of_files_that_is_not_there_is_no_other_dossier(
    hashes: list[str] | None, certain: tuple[str, ...], unclear: tuple[str, ...]
) -> None:
    """Left out, or with hashes in another writing: unclear; none or others are other files."""
    sent = request(TRANSFER, mapping.transfer(PAYLOAD, [FILE], SETTINGS))
    files = tuple(
        contract.HeldFile(name="a", sha256=it, size=1, state=contract.FileState.PENDING)
        for it in hashes or ()
    )
    unsaid = frozenset() if hashes is not None else frozenset({"TapTin"})
    found = compare(held(files=files, unsaid=unsaid), sent)
    assert (found.certain, found.unclear) == (certain, unclear)


@pytest.mark.parametrize(
    "call", [recorded("", 3), recorded("", 9), recorded("another-id-of-its-own", 3)]
)
def test_a_call_without_our_id_may_be_ours(call: Recorded) -> None:
    """The town lost the id, or wrote its own: of our version it is alike, never absent."""
    found = compare(held(supplements=(call,)), supplement())
    assert (found.recorded, found.alike) == (False, True)
    assert "maThongDiep" in found.differs


def test_a_call_that_another_message_explains_is_not_ours() -> None:
    """What the town is known to have is explained first."""
    before = supplement(2, id="f" * 32)
    there = held(supplements=(recorded("f" * 32, 2),))
    found = compare(there, supplement(beside=(before,)))
    assert (found.recorded, found.alike) == (False, False)


def test_a_look_up_that_lacks_a_call_that_was_taken_is_behind() -> None:
    """That the dossier is shown shows its transfer."""
    before = supplement(2, id="f" * 32)
    assert is_behind(held(), [before])
    assert not is_behind(held(supplements=(recorded("f" * 32, 2),)), [SENT, before])
    assert not is_behind(held(transfers=()), [replace(SENT, message_id="other")])
