"""What is sent to the province, in the adapter's own form."""

from dataclasses import dataclass

from adapters.provincial.mapping import Fields
from adapters.provincial.protocol.protocol import Envelope


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """The adapter's form of a request: the envelope, and the record that is in it."""

    envelope: Envelope
    record: Fields
    update: bool = False
