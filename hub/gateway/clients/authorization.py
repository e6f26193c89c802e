"""The gateway's one way to find out who calls and whether the caller may.

`requires` gives a route its check. SOAP knows the operation only after the body: it calls
`identify` first and `admit` then. Every allowed call of a client is a row of the audit, written
before the call has an effect; calls with a token of the settings (devices, counters, the town's
pulls) and refusals are counted by the minute. A refusal names no cause that would help to guess.
"""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NoReturn

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request

from hub.exchange.intake.accept import Intake
from hub.gateway.auth_audit import Denials
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.calls_at_once import CallsAtOnce
from hub.gateway.clients.certificate_trust import CertificateTrust
from hub.gateway.clients.client_calls import CallerAndCall, ClientCall, ClientCalls
from hub.gateway.clients.credentials import Credentials, LiveSecret, Shown, credentials_in, present
from hub.gateway.clients.gateway_processes import GatewayProcesses
from hub.gateway.clients.known_clients import KnownClients
from hub.gateway.clients.proxies import Proxies
from hub.gateway.clients.refusal import CallerRefused
from hub.rules.clients.client import ANY, Client
from hub.store.clients.secrets import Holder
from hub.store.engine.store import Store
from hub.store.schema.tables.clients import CERTIFICATE

BEARER, BASIC = "Bearer", 'Basic realm="hub"'
AT_ONCE_WAIT = timedelta(seconds=1)
"""When a client with too many calls at once may try again."""


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token of the settings, and the client that is made of it: no row, no quota, no end."""

    client: str
    token: LiveSecret = field(repr=False)
    operations: frozenset[str]
    as_password: bool = False
    """Whether it may also come as the password of any user."""

    @property
    def rights(self) -> Client:
        """The client."""
        return Client(id=self.client, operations=self.operations, agencies=frozenset({ANY}))

    def matches(self, shown: Shown) -> bool:
        """Return whether it was shown; compared in constant time. An empty token is none."""
        token = present(self.token)
        if not token or (shown.user is not None and not self.as_password):
            return False
        return hmac.compare_digest(shown.secret.encode(), token.encode())


class Authorization:
    """Belongs to one application."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        *,
        denials: Denials,
        fixed: Sequence[FixedToken] = (),
        proxies: Proxies | None = None,
        trust: CertificateTrust | None = None,
    ) -> None:
        """`intake`: whose group commits the calls share."""
        self.denials = denials
        self.proxies = proxies or Proxies()
        self.fixed = [(token, token.rights) for token in fixed]
        self.trust = trust or CertificateTrust()
        self.clients = KnownClients(store, clock=denials.clock, trust=self.trust)
        self.calls = ClientCalls(store, clock=denials.clock)
        self.at_once = CallsAtOnce(GatewayProcesses(store, clock=denials.clock))
        self._intake = intake

    def requires(
        self, operation: str, *, basic: bool = False
    ) -> Callable[[Request], Awaitable[GatewayCaller]]:
        """Return a FastAPI dependency that lets callers through that may call `operation`.

        `basic`: an unknown caller is asked for a password, not for a bearer token.
        """
        challenge = BASIC if basic else BEARER

        async def check(request: Request) -> GatewayCaller:
            caller = await self.identify(request, operation=operation, challenge=challenge)
            await self.admit(caller, operation=operation, object=request.url.path)
            return caller

        return check

    async def identify(
        self,
        request: Request,
        *,
        operation: str,
        challenge: str = BEARER,
        credentials: Credentials | None = None,
        may_be_signed: bool = False,
    ) -> GatewayCaller:
        """Return who calls, from an address that it may call from. Raises CallerRefused.

        `credentials`: what the caller shows, where that is not (only) in the header.
        `may_be_signed`: whether the message may have a signature, which the route checks then.
        """
        address = self.proxies.address_of(request)
        caller = await self._known(
            request, address, operation, credentials or credentials_in(request)
        )
        if caller is None:
            await self.deny(request, None, operation=operation, reason="missing or wrong token")
            raise CallerRefused("token", challenge=challenge)
        return await self._let_in(caller, request, operation, is_signed=may_be_signed)

    def shows_proof(self, request: Request) -> bool:
        """Return whether the request itself shows who calls, right or wrong."""
        shown = request.headers.getlist("authorization")
        return bool(shown) or self.proxies.certificate_of(request) is not None

    async def known_by_message(
        self, holder: Holder, request: Request, *, operation: str, is_signed: bool
    ) -> GatewayCaller:
        """Return the caller that the message has proven, as `identify` does."""
        caller = _caller(holder, self.proxies.address_of(request))
        return await self._let_in(caller, request, operation, is_signed=is_signed)

    async def deny(
        self, request: Request, caller: GatewayCaller | None, *, operation: str, reason: str
    ) -> None:
        """Write down that a call was refused; `caller` is None while nothing is proven."""
        named = _named(caller) if caller else self.proxies.address_of(request)
        await self._deny(named, operation, request.url.path, reason)

    async def _let_in(
        self, caller: GatewayCaller, request: Request, operation: str, *, is_signed: bool
    ) -> GatewayCaller:
        if not caller.rights.allows_address(caller.address):
            await self.refuse(caller, operation, request.url.path, "address_forbidden")
        coding = request.headers.get("content-encoding", "identity")
        if coding.strip().lower() != "identity":  # no route undoes one; the town's callbacks do
            await self.refuse(caller, operation, request.url.path, "content_coded")
        if caller.rights.must_sign and not is_signed:
            await self.refuse(caller, operation, request.url.path, "signature_required")
        if not self.at_once.enter(request, caller.rights):
            await self.deny(request, caller, operation=operation, reason="calls_at_once")
            raise CallerRefused("calls_at_once", retry_after=AT_ONCE_WAIT)
        return caller

    async def admit(
        self, caller: GatewayCaller, *, operation: str, object: str, agency: str = ""
    ) -> None:
        """Count and audit the call of an identified caller. Raises CallerRefused."""
        made = await self.authorize(caller, operation=operation, object=object, agency=agency)
        await self.count(made)

    async def authorize(
        self, caller: GatewayCaller, *, operation: str, object: str, agency: str = ""
    ) -> CallerAndCall:
        """Return the call of an identified caller that may make it; counts and audits nothing.

        Raises CallerRefused.
        """
        if code := _forbidden(caller, operation, agency):
            await self.refuse(caller, operation, object, code)
        made = CallerAndCall(caller, ClientCall(operation, object))
        await self.check_calls(made)
        return made

    async def count(self, made: CallerAndCall) -> None:
        """Count and audit a call that its caller may make. Raises CallerRefused, and
        StoreUnavailable or AcceptanceUnknown: an allowed call that is not audited is not allowed.
        """
        if not made.caller.secret:
            self.denials.allow(made.caller.client, purpose=made.call.operation)
            return
        wait = await self._intake.commit_async(self.calls.write, made)
        if wait is not None:
            await self.exhausted(made, wait)

    async def count_refused(
        self, caller: GatewayCaller, *, operation: str, object: str, code: str
    ) -> None:
        """Count and audit a call that was refused before it could be admitted: it is broken."""
        await self._deny(_named(caller), operation, object, code)
        if caller.secret and caller.rights.calls_per_minute:
            call = ClientCall(operation, object)
            refused = CallerAndCall(caller, call, is_refused=True)
            await self._intake.commit_async(self.calls.write, refused)

    async def check_calls(self, made: CallerAndCall) -> None:
        """Refuse a caller whose calls are used up as far as this process knows; counts nothing."""
        wait = self.calls.wait_of(made.caller.client)
        if wait is not None:
            await self.exhausted(made, wait)

    async def _known(
        self, request: Request, address: str, operation: str, credentials: Credentials
    ) -> GatewayCaller | None:
        shown = credentials.shown
        if shown is None:
            if credentials.unreadable:
                return None
            holder = await self._by_certificate(request)
            return _caller(holder, address) if holder and credentials.is_of(holder) else None
        for token, rights in self.fixed:  # each is for its own routes, and unknown elsewhere
            if operation in token.operations and token.matches(shown):
                return GatewayCaller(rights, "setting", address)
        if shown.user is None and (holder := await self.clients.by_token(shown.secret)):
            return await self._fitting(request, _caller(holder, address, "token of "), holder)
        holder = await self.clients.by_key(shown.secret)
        if holder is None or shown.user not in (None, holder.client.id):
            return None
        return await self._fitting(request, _caller(holder, address), holder)

    async def _fitting(
        self, request: Request, caller: GatewayCaller, holder: Holder
    ) -> GatewayCaller | None:
        """Return a caller that a secret proves, None where its certificate names another client.

        A token that was given for a certificate is worth nothing without it (RFC 8705, 3).
        """
        own = await self._by_certificate(request)
        if holder.secret.kind == CERTIFICATE:
            return caller if own and own.secret.prefix == holder.secret.prefix else None
        return caller if own is None or own.client.id == holder.client.id else None

    async def _by_certificate(self, request: Request) -> Holder | None:
        shown = self.proxies.certificate_of(request)
        return await self.clients.by_certificate(shown) if shown else None

    async def refuse(
        self, caller: GatewayCaller, operation: str, object: str, code: str
    ) -> NoReturn:
        """Write a refusal down and raise it (CallerRefused)."""
        await self._deny(_named(caller), operation, object, code)
        raise CallerRefused(code)

    async def exhausted(self, made: CallerAndCall, wait: timedelta) -> NoReturn:
        """Write down that a caller has no calls left, and raise it (CallerRefused)."""
        call = made.call
        await self._deny(_named(made.caller), call.operation, call.object, "calls_exhausted")
        raise CallerRefused("calls_exhausted", retry_after=wait)

    async def _deny(self, caller: str, operation: str, path: str, reason: str) -> None:
        # On a thread: it may be written down at once.
        await run_in_threadpool(
            self.denials.deny, caller, purpose=operation, path=path, reason=reason
        )


def _forbidden(caller: GatewayCaller, operation: str, agency: str) -> str:
    """Return why a caller may not do something, "" where it may."""
    if not caller.rights.allows_operation(operation):
        return "operation_forbidden"
    if agency and not caller.may_act_for(agency):
        return "agency_forbidden"
    return ""


def _caller(holder: Holder, address: str, how: str = "") -> GatewayCaller:
    secret = holder.secret
    by = f"{how}{secret.kind} {secret.prefix}"
    ends = None if how else secret.certificate_ends_at
    return GatewayCaller(holder.client, by, address, secret.prefix, ends)


def _named(caller: GatewayCaller) -> str:
    return f"{caller.client} at {caller.address}"
