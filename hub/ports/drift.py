"""How a partner's reply differs from its contract."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class DriftKind(StrEnum):
    """What was ignored or bent to read a reply."""

    UNKNOWN_FIELD = "unknown_field"
    """A field that the contract does not have."""
    MISSING_FIELD = "missing_field"
    """A field of the contract is absent, null or nil, and was read as empty."""
    REPEATED_FIELD = "repeated_field"
    """A field stands there twice, with one value."""
    OTHER_NAME = "other_name"
    """A known name in other letters: `maHoSo` for `MaHoSo`."""
    OTHER_ORDER = "other_order"
    """Elements in another order than in the XSD."""
    OTHER_TYPE = "other_type"
    """A number as text, a text as number, `1` for `true`."""
    OTHER_SHAPE = "other_shape"
    """One record where a list is expected, a list of one where a record is, a wrapper around it."""
    UNKNOWN_VALUE = "unknown_value"
    """A value that the contract's list of values does not have."""
    BLANKS = "blanks"
    """Blanks around a value, or ahead of the first character of the body."""
    CHARSET = "charset"
    """A mark, a header or a declaration that is not the encoding of the bytes, or not UTF-8."""
    CODING = "coding"
    """Compressed although nobody asked for it, or said to be compressed and not."""
    PACKAGE = "package"
    """The reply is the root part of a multipart package."""
    ENVELOPE = "envelope"
    """Another SOAP version or namespace than the WSDL's, or header blocks."""
    MEDIA_TYPE = "media_type"
    """A Content-Type that is not the one of the contract."""
    FRAMING = "framing"
    """HTTP that breaks its rules and has one reading."""
    ECHO = "echo"
    """The field that marks a call came back changed, or not at all."""
    CODE_STATUS = "code_status"
    """A reply code under an HTTP status that it does not belong to."""
    CONTRACT = "contract"
    """The WSDL or OpenAPI document that the partner serves came to differ, not a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference between a partner's reply and its contract; never holds a value."""

    partner: str
    """The destination's name."""
    operation: str
    """The partner's name of the operation."""
    kind: DriftKind
    place: str
    """Names of the fields down to it (`DongBoHoSoMCResponse/thoiGianXuLy`), a header field, or
    words of the hub. What could be somebody's number or name is left out."""


DriftObserver = Callable[[Sequence[Drift]], None]
"""Given to an adapter, which calls it once for each reply in which there was drift, in the thread
of the call and just before the call ends. It returns at once and raises nothing; the same drift
comes again with every reply, so that it can be counted."""


def ignore_drift(drift: Sequence[Drift]) -> None:
    """Observe nothing."""
