"""Calls to the town with a valid token: client credentials, cached, renewed once on a 401.

Promises that at most one login is under way, whoever waits for it, and that a login has no effect
at the town: whatever goes wrong there is a TransientFailure. A call that is answered 401 was not
carried out, so it is made once more with a new token; nothing else is repeated.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode, urlsplit

import msgspec

from adapters.town_center import faults
from adapters.town_center.contract import Token
from adapters.town_center.settings import TownSettings
from adapters.wire.download import Download, download
from adapters.wire.http import Limits, Reply, Wire
from adapters.wire.replies import asking, expect_success
from hub.messages.identifiers import new_id
from hub.rules.errors import DeliveryFailure, TransientFailure

_token = msgspec.json.Decoder(Token)
REQUEST_ID = "X-Request-Id"
"""New for each call; the town gives it back with the reply."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class _Pass:
    token: str
    good_until: float
    """A time of the session's clock."""


class TownSession:
    """The hub's standing with one town; threads share it."""

    def __init__(
        self, settings: TownSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.settings = settings
        self.limits = Limits(
            connect_timeout=settings.connect_timeout,
            reply_timeout=settings.reply_timeout,
            connections=settings.concurrency,
        )
        self._wire = Wire(settings.url, limits=self.limits)
        self._clock = clock
        self._lock = threading.Lock()
        self._pass: _Pass | None = None
        self._logins = 0
        self._refusal: DeliveryFailure | None = None

    def call(
        self,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Make one call and return the reply, whatever its status; raises DeliveryFailure."""
        token = self.token()
        reply = self._call(method, target, body, {**(headers or {}), **_bearer(token)})
        if reply.status != 401:
            return reply
        token = self.token(instead_of=token)
        return self._call(method, target, body, {**(headers or {}), **_bearer(token)})

    def download(self, target: str, *, limit: int, within: timedelta | None = None) -> Download:
        """Open a file at the town for reading, at most `limit` bytes of it, `within` a time.

        Raises TransientFailure, as reading from it does: a download has no effect.
        """
        token = self.token()
        pull = partial(
            download,
            _origin(self.settings.url),
            target,
            limits=self.limits,
            limit=limit,
            within=within,
        )
        found = pull(headers=_bearer(token))
        if found.status == 401:
            found.close()
            token = self.token(instead_of=token)
            found = pull(headers=_bearer(token))
        if found.status != 200:
            found.close()
            raise faults.harmless(faults.failure(Reply(status=found.status), None))
        return found

    def token(self, *, instead_of: str = "") -> str:
        """Return a token that is not `instead_of`; logs in when there is none."""
        seen = self._logins
        known = self._pass
        if known and known.token != instead_of and self._clock() < known.good_until:
            return known.token
        with self._lock:
            known = self._pass
            if known and known.token != instead_of and self._clock() < known.good_until:
                return known.token
            if self._logins != seen and self._refusal:
                # Somebody tried while we waited: eight threads need not ask a dead town in turn.
                raise self._refusal.as_kind(type(self._refusal))
            try:
                self._pass, self._refusal = self._login(), None
            except DeliveryFailure as failure:
                self._pass, self._refusal = None, failure
                raise
            finally:
                self._logins += 1
            return self._pass.token

    def close(self) -> None:
        """Give back connections."""
        self._wire.close()

    def _call(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Make one call whose reply must be the one to this call."""
        marked = {**headers, REQUEST_ID: new_id()}
        return self._wire.call(method, target, body=body, headers=marked, echo=REQUEST_ID)

    def _login(self) -> _Pass:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": self.settings.client_secret,
        }
        asked = self._clock()
        try:
            with asking():
                reply = self._call("POST", "/token", urlencode(form).encode(), _FORM)
                expect_success(reply)
            granted = _token.decode(reply.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise TransientFailure("partner_login", "unreadable token reply") from None
        except TransientFailure as failure:
            if failure.code in {"partner_unreachable", "partner_busy"}:
                raise
            detail = f"{failure.code}: {failure.detail}"
            raise TransientFailure("partner_login", detail) from None
        except DeliveryFailure as failure:  # refused credentials may be put right at the town
            raise TransientFailure("partner_login", failure.detail) from None
        token = granted.access_token
        if granted.token_type.lower() != "bearer" or not _fits_header(token):
            raise TransientFailure("partner_login", "no bearer token in the reply")
        # Renewed a little early: a token must not run out on the way.
        margin = min(30.0, granted.expires_in / 10)
        return _Pass(token, asked + granted.expires_in - margin)


def _origin(url: str) -> str:
    """Return an address without its path: a target that is downloaded is a whole path."""
    return urlsplit(url)._replace(path="").geturl()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _fits_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token
