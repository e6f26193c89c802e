"""The token endpoints: client credentials (RFC 6749, 4.4), revocation (RFC 7009), introspection
(RFC 7662), metadata (RFC 8414).

A client shows its key and calls with the token for some minutes. A call here counts as a call of
the client and is audited like one; a wrong key is refused and counted as everywhere. A token that
was given for a certificate works with that certificate only (RFC 8705, 3). A client may ask about
its own tokens only: any other token is told to be not active, as one that never was. Not here:
refresh tokens, which this grant has not.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from hub.gateway.clients.authorization import BASIC, Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.client_calls import CallerAndCall, ClientCall
from hub.gateway.clients.refusal import CallerRefused
from hub.gateway.oauth.forms import NOT_KEPT, WrongForm, answer_to, credentials_of, form_of
from hub.rules.clients import access_tokens, api_keys
from hub.rules.clients.access_tokens import LIFETIME
from hub.rules.clients.rights import RIGHTS
from hub.store.clients import tokens
from hub.store.clients.secrets import Holder
from hub.store.engine.store import Store

TOKEN = "/oauth2/token"  # noqa: S105 - a path
REVOKE = "/oauth2/revoke"
METADATA = "/.well-known/oauth-authorization-server"
GRANT = "client_credentials"
INTROSPECT = "/oauth2/introspect"
ISSUE_OPERATION, REVOKE_OPERATION = "tokens.issue", "tokens.revoke"
INTROSPECT_OPERATION = "tokens.introspect"
"""Every client may; so they are no rights, and stand in the audit only."""
_WAYS = ("client_secret_basic", "client_secret_post", "tls_client_auth")


def install(app: FastAPI, authorization: Authorization, store: Store) -> None:
    """Add the endpoints to an application."""
    routes = _Routes(authorization, store)
    app.add_api_route(TOKEN, routes.issue, methods=["POST"])
    app.add_api_route(REVOKE, routes.revoke, methods=["POST"])
    app.add_api_route(INTROSPECT, routes.introspect, methods=["POST"])
    app.add_api_route(METADATA, routes.metadata, methods=["GET"])


@dataclass(frozen=True, slots=True)
class _Routes:
    authorization: Authorization
    store: Store

    async def issue(self, request: Request) -> Response:
        """Give a client a token for its key or its certificate."""

        async def answer(form: Mapping[str, str]) -> Response:
            if form.get("grant_type") != GRANT:
                code = "unsupported_grant_type" if "grant_type" in form else "invalid_request"
                raise WrongForm(code, f"grant_type is {GRANT}")
            caller = await self._counted(request, form, ISSUE_OPERATION)
            scope = access_tokens.scope_of(caller.rights, form.get("scope", ""))
            if scope is None:
                raise WrongForm("invalid_scope", "the client may not call all that scope names")
            token = await run_in_threadpool(self._issue, caller, scope)
            document = {"access_token": token, "token_type": "Bearer"}
            document |= {"scope": scope or " ".join(sorted(caller.rights.operations))}
            seconds = int(LIFETIME.total_seconds())
            return JSONResponse(document | {"expires_in": seconds}, headers=NOT_KEPT)

        return await self._answered(request, answer)

    async def revoke(self, request: Request) -> Response:
        """End a token of the client's own; a token that is not there is ended already."""

        async def answer(form: Mapping[str, str]) -> Response:
            if "token" not in form:
                raise WrongForm("invalid_request", "token is missing")
            caller = await self._counted(request, form, REVOKE_OPERATION)
            await run_in_threadpool(self._revoke, caller, api_keys.digest(form["token"]))
            self.authorization.clients.forget_token(api_keys.digest(form["token"]))
            return Response(status_code=200, headers=NOT_KEPT)

        return await self._answered(request, answer)

    async def introspect(self, request: Request) -> Response:
        """Say until when a token of the client's own is good, and for which operations."""

        async def answer(form: Mapping[str, str]) -> Response:
            if "token" not in form:
                raise WrongForm("invalid_request", "token is missing")
            caller = await self._counted(request, form, INTROSPECT_OPERATION)
            holder = await run_in_threadpool(self._read, api_keys.digest(form["token"]))
            now = self.authorization.denials.clock()
            if (
                holder is None
                or holder.client.id != caller.client
                or not holder.secret.is_live(now)
            ):
                return JSONResponse({"active": False}, headers=NOT_KEPT)
            document = {
                "active": True,
                "client_id": holder.client.id,
                "scope": " ".join(sorted(holder.client.operations)),
                "token_type": "Bearer",
                "exp": int(holder.secret.expires_at.timestamp()),
            }
            return JSONResponse(document, headers=NOT_KEPT)

        return await self._answered(request, answer)

    async def metadata(self, request: Request) -> Response:
        """Say where and how tokens are given, by the address that the caller used."""
        origin = self.authorization.proxies.origin(request)
        document = {
            "issuer": origin,
            "token_endpoint": origin + TOKEN,
            "revocation_endpoint": origin + REVOKE,
            "introspection_endpoint": origin + INTROSPECT,
            "grant_types_supported": [GRANT],
            "response_types_supported": ["none"],  # required, though no user ever logs in here
            "scopes_supported": sorted(RIGHTS),
            "token_endpoint_auth_methods_supported": _WAYS,
            "revocation_endpoint_auth_methods_supported": _WAYS,
            "introspection_endpoint_auth_methods_supported": _WAYS,
            "tls_client_certificate_bound_access_tokens": True,
        }
        return JSONResponse(document)

    async def _answered(
        self, request: Request, answer: Callable[[Mapping[str, str]], Awaitable[Response]]
    ) -> Response:
        try:
            return await answer(await form_of(request))
        except (WrongForm, CallerRefused) as error:
            return answer_to(error)

    async def _counted(
        self, request: Request, form: Mapping[str, str], operation: str
    ) -> GatewayCaller:
        credentials = credentials_of(request, form)
        caller = await self.authorization.identify(
            request, operation=operation, challenge=BASIC, credentials=credentials
        )
        made = CallerAndCall(caller, ClientCall(operation, request.url.path))
        await self.authorization.check_calls(made)
        await self.authorization.count(made)
        return caller

    def _issue(self, caller: GatewayCaller, scope: str) -> str:
        token, now = access_tokens.fresh(), self.authorization.denials.clock()
        with self.store.write() as tx:
            tokens.add(
                tx,
                api_keys.digest(token),
                secret=caller.secret,
                scope=scope,
                now=now,
                expires_at=now + LIFETIME,
            )
        return token

    def _read(self, digest: str) -> Holder | None:
        with self.store.read() as tx:
            return tokens.by_digest(tx, digest)

    def _revoke(self, caller: GatewayCaller, digest: str) -> None:
        with self.store.write() as tx:
            holder = tokens.client_of(tx, digest)
            if holder not in (None, caller.client):
                raise WrongForm("unauthorized_client", "the token is another client's")
            tokens.remove(tx, digest)
