"""Signs replies and faults for the clients that want it, with the hub's own certificate.

A signed reply confirms the signature of its call (WS-Security 1.1, SignatureConfirmation), so that
nobody can give the reply to one call for that to another. Only a known client gets a signed one.
Not here: how an envelope is signed, which the caller of this module hands over.
"""

from dataclasses import dataclass
from typing import Protocol

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.rules.failures.errors import TransientFailure

LARGEST = 8 * 1024 * 1024
"""Bytes of a signed reply, which is made in memory."""


class Signer(Protocol):
    """Signs envelopes with the certificate of the settings."""

    def check(self) -> None:
        """Return where the certificate and its key can be used now; raises TransientFailure."""

    def secure(self, envelope: bytes, *, confirms: str | None = None) -> bytes:
        """Return the envelope signed; raises TransientFailure.

        `confirms`: the value of the signature of the call, "" for a call without one.
        """


@dataclass(frozen=True, slots=True)
class ReplySigning:
    """What the calls of one application share."""

    signer: Signer | None

    def check(self, caller: GatewayCaller) -> None:
        """Refuse a call, before it has an effect, whose reply could not be signed.

        Raises RefusedCall.
        """
        if not caller.rights.signed_replies:
            return
        if self.signer is None:
            raise RefusedCall("reply_not_signed", why="the hub has no certificate for replies")
        try:
            self.signer.check()
        except TransientFailure as error:
            raise RefusedCall("reply_not_signed", why=error.detail) from None

    async def signed(
        self, reply: Response, caller: GatewayCaller | None, *, confirms: str
    ) -> Response:
        """Return a reply as its caller wants it; unsigned where the signature fails by then.

        The call has had its effect: its caller sees that the reply is not signed, and calls again.
        """
        if caller is None or not caller.rights.signed_replies or self.signer is None:
            return reply
        try:
            body = await run_in_threadpool(self.signer.secure, bytes(reply.body), confirms=confirms)
        except TransientFailure:
            return reply
        headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
        return Response(body, reply.status_code, headers=headers)
