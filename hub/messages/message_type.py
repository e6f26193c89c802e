"""What the catalogue says of each message type."""

from dataclasses import dataclass
from enum import StrEnum

from hub.messages import payloads as p


class Kind(StrEnum):
    """What a message wants of its reader."""

    COMMAND = "command"
    EVENT = "event"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageType:
    """One entry of the catalogue."""

    name: str
    version: int
    kind: Kind
    owner: str
    """Who alone may say it."""
    reader: str
    """`records` or the name of a destination."""
    payload: type[p.Payload]
    sentence: str
    dedup: tuple[str, ...] = ()
    """Payload fields that make two messages the same one, whatever their ids."""
    circumstances: tuple[str, ...] = ()
    """Payload fields in which a second telling of the same thing may differ; the first counts."""
    may_differ: tuple[str, ...] = ()
    """Payload fields in which another telling is another thing, and no contradiction."""
    personal: tuple[str, ...] = ()
    """Payload fields that are masked outside the store."""
    newest_if: str = ""
    """The payload field that tells, when true, that only the newest state matters: an older
    delivery of this type may then be superseded by a newer one. "" where every step must arrive."""
    needs_file: bool = False
    """Whether it says nothing without an attachment."""
    former_names: tuple[str, ...] = ()

    @property
    def routing_key(self) -> str:
        """`<name>.v<version>`, e.g. `dossier.received.v1`."""
        return f"{self.name}.v{self.version}"
