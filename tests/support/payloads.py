"""Reading the payload of a message that a test knows the kind of."""

from typing import TypeVar

from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import Payload

PayloadT = TypeVar("PayloadT", bound=Payload)


def read_as(message: Message, kind: type[PayloadT]) -> PayloadT:
    """Return the payload of `message`, which must be of `kind`."""
    payload = catalog.read(message)
    assert isinstance(payload, kind)
    return payload
