"""A SOAP call on its way in: its client may be proven by the request, or by the message itself.

Files are stored while the call is read, after it was admitted by its operation and agency. What is
refused before a client is proven is counted by the caller's address.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, NoReturn

from fastapi import Request
from lxml import etree

from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.client_calls import CallerAndCall, ClientCall
from hub.gateway.clients.refusal import CallerRefused
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.soap.call_admission import CALL, PATH, CallAdmission
from hub.gateway.soap.reading import short_envelope
from hub.gateway.soap.reading.receive import CallFiles, MediaType, receive
from hub.gateway.soap.ws_security.call_security import CallSecurity, MessageSecurity
from hub.gateway.soap.ws_security.refusal import FAULT_CODES
from hub.messages.invalid import InvalidMessage
from hub.store.clients.secrets import Holder


@dataclass(slots=True)
class IncomingCall:
    """Belongs to one request."""

    request: Request
    authorization: Authorization
    files: CallFiles
    _caller: GatewayCaller | None = None
    _admission: CallAdmission | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _is_audited: bool = False
    """Whether the refusal was written down where it was raised."""
    is_short: bool = False
    """After `read`: whether the rest of the call is read on the event loop, too."""

    confirms: str = ""
    """The value of the call's signature, "" for a call without one."""

    @property
    def known(self) -> GatewayCaller | None:
        """The caller as far as it is proven."""
        return self._caller

    @property
    def is_proven(self) -> bool:
        """Whether the caller is known."""
        return self._caller is not None

    @property
    def proven(self) -> GatewayCaller:
        """The caller, after `read`."""
        assert self._caller is not None  # noqa: S101 - `read` has refused the call without one
        return self._caller

    @property
    def admission(self) -> CallAdmission:
        """The admission of the call, after `read`."""
        assert self._admission is not None  # noqa: S101 - as above
        return self._admission

    async def refused(self, error: Exception, refusal: RefusedCall) -> None:
        """Count a call that was refused; what is wrong with its proof is written down already."""
        if self._admission is not None and refusal.code not in FAULT_CODES:
            await self._admission.refused(error, refusal)

    async def read(self, media: MediaType, security: MessageSecurity) -> etree._Element:
        """Return the envelope; raises CallerRefused, RefusedCall and InvalidMessage."""
        authorization, request = self.authorization, self.request
        self._loop = asyncio.get_running_loop()
        if authorization.shows_proof(request):
            known = authorization.identify(request, operation=CALL, may_be_signed=True)
            await self._enter(await known)
        if (short := await self._read_short(media)) is not None:
            self.is_short = True
            return short
        guard = CallSecurity(
            security,
            is_tls=authorization.proxies.origin(request).startswith("https:"),
            known=self._caller.rights if self._caller else None,
            proven=self._prove,
        )
        try:
            root = await receive(request, self.files, media, guard=guard)
        except (CallerRefused, RefusedCall, InvalidMessage) as error:
            await self._refuse(error, is_stranger=not (self._caller or guard.names_client))
        finally:
            self.confirms = guard.signature_value
            guard.end()
        if self._caller is None:  # an envelope without a Body
            await self._refuse(CallerRefused("token"), is_stranger=True)
        return root

    async def _read_short(self, media: MediaType) -> etree._Element | None:
        """Return a short envelope of a proven caller; None for what is read the long way.

        It has no signature: of a caller that must sign, the long way takes it and says so.
        """
        if self._caller is None or self._caller.rights.must_sign:
            return None
        if not media.is_plain or not short_envelope.is_short(self.request):
            return None
        return short_envelope.read(await self.request.body())  # `receive` can read it again

    def _prove(self, holder: Holder, is_signed: bool) -> None:
        """Authorize the client that the message proves; in the thread that reads the message."""
        self._on_loop(self._authorize(holder, is_signed))

    async def _authorize(self, holder: Holder, is_signed: bool) -> None:
        known = self.authorization.known_by_message
        try:
            caller = known(holder, self.request, operation=CALL, is_signed=is_signed)
            await self._enter(await caller)
        except CallerRefused:
            self._is_audited = True
            raise

    def _admit_files(self, called: etree._Element) -> None:
        """Admit the call before its first file; in the thread that reads the message."""
        try:
            self._on_loop(self.admission.before_files(called))
        except CallerRefused:
            self._is_audited = True
            raise

    def _on_loop(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait in a thread for what is done on the event loop."""
        # Trap: the thread is one of `run_file_work`, which anyio's `from_thread` does not know.
        assert self._loop is not None  # noqa: S101 - `read` has set it
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _enter(self, caller: GatewayCaller) -> None:
        await self.authorization.check_calls(CallerAndCall(caller, ClientCall(CALL, PATH)))
        self._caller, self._admission = caller, CallAdmission(self.authorization, caller)
        self.files.admission = self._admit_files

    async def _refuse(self, error: Exception, *, is_stranger: bool) -> NoReturn:
        """Raise an error, written down where it says that the caller may not call.

        A stranger is told that a proof is missing, whatever else is wrong with the call.
        """
        code = getattr(error, "code", "")
        is_proof = code in FAULT_CODES or isinstance(error, CallerRefused)
        if is_stranger and not is_proof:
            error, is_proof = CallerRefused("token"), True
        if is_proof and not self._is_audited:
            reason = code if code in FAULT_CODES or self._caller else "missing or wrong token"
            await self.authorization.deny(self.request, self._caller, operation=CALL, reason=reason)
        raise error from None
