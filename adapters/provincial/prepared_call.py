"""What is sent to the province and what came back, in the adapter's own form."""

from dataclasses import dataclass

from adapters.provincial.mapping import Fields
from adapters.provincial.protocol.protocol import Envelope, Result
from adapters.wire.http import Reply
from adapters.wire.login.login_end import LoginEnd
from adapters.wire.profile import Means


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """The adapter's form of a request: the envelope, and the record that is in it."""

    envelope: Envelope
    record: Fields
    update: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with what it means, and the sha256 of its body."""

    meaning: Means
    result: Result
    digest: str
    reply: Reply
    end: LoginEnd | None = None
    """That the login is over, where the reply says so; then it says nothing else."""
    unusual: bool = False
    """Whether the words beside a code of success are none that anybody knows."""
