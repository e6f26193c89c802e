"""What the two ways of talking to the province have in common: requests and results as records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from adapters.provincial import contract
from adapters.provincial.mapping import Fields
from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.documents.record import MOST_OTHERS, OTHERS, Record
from hub.ports import DriftKind
from hub.rules.deliveries.likeness import Likeness, compare_codes


class Operation(StrEnum):
    """The province's names of its operations."""

    LOGIN = "DangNhap"
    LOOK_UP = "TraCuuHoSo"
    REGISTER = "DongBoHoSoMC"
    ADD_STEPS = "CapNhatTienDoHoSoMC"
    PROCEDURE = "LayThuTuc"


HARMLESS = frozenset({Operation.LOOK_UP, Operation.PROCEDURE})
"""Operations that change nothing, and so may be repeated."""
QUERIES = HARMLESS | {Operation.LOGIN}
"""Operations whose words nobody needs to check."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request without its session: what stands before it and after it.

    The session is only known when the request is sent, and is no part of what is sent.
    """

    operation: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a reply of the province says."""

    code: str
    """error_code as it was written, "" where there is none."""
    message: str
    session: str = ""
    dossier: Fields | None = None
    steps: list[Fields] = field(default_factory=list)
    steps_shown: bool = True
    """Whether `steps` is the province's word: a list that is not in the reply is none, and neither
    is an empty one beside something unknown that may hold the steps."""
    done: Mapping[str, str] = field(default_factory=dict)
    """Dossier number -> the province's own id, for each dossier of the call."""
    others: Sequence[tuple[str, str]] = ()
    """Names and texts of what else is said of the call and of its dossier, beside the contract."""
    procedure: tuple[str, str] | None = None
    """Code and name of the procedure that was asked about."""


class Item(contract.Outcome, frozen=True, kw_only=True):
    """What was done for one dossier of the call, and whatever else is said of it."""

    keeps_others: ClassVar[bool] = True


class ProvinceProtocol(Protocol):
    """SOAP or REST."""

    def build(self, operation: str, arguments: Mapping[str, Any]) -> Envelope:
        """Return the request; raises PermanentFailure `prepare_failed` where the schema is broken.

        `arguments` holds everything but the session.
        """

    def address(self, operation: str) -> tuple[str, Mapping[str, str]]:
        """Return the whole address and the header fields of a call."""

    def body(self, envelope: Envelope, session: str) -> bytes:
        """Return the bytes to be sent."""

    def read(self, operation: str, reply: Reply) -> Result:
        """Return what the reply says, whatever its status.

        Raises the failure of a SOAP Fault, of a status whose body cannot be read, and
        AmbiguousFailure `reply_unreadable`.
        """


def only(records: list[Record], findings: Findings) -> Record | None:
    """Return the one record of a list, None of an empty one; raises for several that differ."""
    if any(record != records[0] for record in records):
        raise findings.refuse("result", f"{len(records)} records where one was asked for")
    return records[0] if records else None


def procedure_in(record: Record | None) -> tuple[str, str] | None:
    """Return code and name of a procedure."""
    return (record["MATTHC"], record["TENTTHC"]) if record else None


def done_in(records: list[Record], findings: Findings) -> dict[str, str]:
    """Return the province's own id of each dossier that it says is done, by dossier number."""
    done: dict[str, str] = {}
    for record in records:
        number, reference = record["MaHoSo"], record["MaThamChieu"]
        if done.setdefault(number, reference) != reference:
            raise findings.refuse("result/MaThamChieu", "two different values for one dossier")
    return done


def reference_of(number: str, done: Mapping[str, str], findings: Findings) -> str:
    """Return the province's own id of a dossier that it says is done; raises AmbiguousFailure.

    Small letters make no other number; they are noted.
    """
    for known, reference in done.items():
        if is_number(known, number, "result/MaHoSo", findings):
            return reference
    raise findings.refuse("result/MaHoSo", "the reply is for another dossier, or for none")


def is_number(found: str, number: str, place: str, findings: Findings) -> bool:
    """Tell whether a reply names this dossier, and note where it writes the number otherwise."""
    if compare_codes(number, found) is not Likeness.SAME:
        return False
    if found != number:
        findings.add(DriftKind.UNKNOWN_VALUE, place)
    return True


def others_in(reply: Record) -> list[tuple[str, str]]:
    """Return what a reply to a writing call says beside the contract, of itself and its items."""
    found = [it for record in (reply, *reply["result"]) for it in record.get(OTHERS, ())]
    return found[:MOST_OTHERS]
