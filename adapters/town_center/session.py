"""Calls to the town with a valid token: client credentials, cached, renewed when they are over.

Promises that at most one login is under way, however many calls wait for it. A login has no effect
at the town: whatever goes wrong there is a TransientFailure. A call that was refused because its
token is over was not carried out, so it is made once more with a new token; nothing else is
repeated (`adapters/wire/login/shared_login.py`).
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from adapters.town_center import faults
from adapters.town_center.callbacks.reading import read_status
from adapters.town_center.settings import TownSettings
from adapters.town_center.token import granted
from adapters.wire.connections.hosts import HostConnections
from adapters.wire.download import Download, download
from adapters.wire.http import Reply
from adapters.wire.login.login_end import Kind, LoginEnd, login_end
from adapters.wire.login.shared_login import Granted, Login
from adapters.wire.profile import Means
from adapters.wire.reading import Findings
from adapters.wire.reading.code_table import normal
from adapters.wire.reading.documents.xml import PAGE_LIMIT
from adapters.wire.replies import evidenced, expect_success, without_effect
from hub.messages import catalog
from hub.ports import DriftObserver, ignore_drift
from hub.rules.failures.errors import DeliveryFailure, TransientFailure, kept_code

LOGIN, RESULT_FILE = "token", "resultFile"
"""The town's names of the login and of pulling a result file."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class TownSession:
    """The hub's standing with one town; threads share it."""

    def __init__(
        self,
        settings: TownSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        observe: DriftObserver = ignore_drift,
    ) -> None:
        self.settings = settings
        self.observe = observe
        self.limits = settings.limits
        self._wires = HostConnections(
            settings.url,
            settings.profile,
            self.limits,
            partner=catalog.TOWN_CENTER,
            observe=observe,
        )
        self._login = Login(self._log_in, clock=clock)
        self._signals = settings.profile.session
        self._table = faults.table_of(settings.profile)
        self._over = tuple(
            normal(code).encode()
            for code, it in settings.profile.codes.items()
            if it.means is Means.SESSION_OVER
        )

    def call(
        self,
        method: str,
        operation: str,
        *,
        number: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        not_after: float = math.inf,
    ) -> Reply:
        """Make one call and return the reply, whatever its status; raises DeliveryFailure.

        `operation` is the town's name of what is called, `number` the dossier's; `not_after` as in
        `hub.ports.Destination.send`.
        """
        address = self.settings.address(operation, number)

        def call(token: str) -> Reply:
            fields = {**(headers or {}), **_bearer(token)}
            return self._call(
                method, address, body, fields, operation=operation, not_after=not_after
            )

        return self._login.made(call, self._end, harmless=method == "GET")

    def download(self, target: str, *, limit: int, within: timedelta | None = None) -> Download:
        """Open a file at the town for reading, at most `limit` bytes of it, `within` a time.

        Raises TransientFailure, as reading from it does: a download has no effect.
        """

        origin = _origin(self.settings.url)

        def pull(token: str) -> Download:
            found = download(
                origin,
                target,
                _bearer(token) if token else {},
                self.limits,
                limit=limit,
                within=within,
                dialer=self._wires.dialer(origin),
                findings=Findings(catalog.TOWN_CENTER, RESULT_FILE, observe=self.observe),
            )
            if found.status != 200:
                found.close()
            return found

        def end(found: Download) -> LoginEnd | None:
            over = login_end(_seen(found), self._signals)
            if over is not None:
                found.close()
            return over

        try:
            if self.settings.profile.files.hub_pulls_with == "login":
                found = self._login.made(pull, end, harmless=True)
            else:
                found = pull("")
        except DeliveryFailure as failure:
            raise faults.without_effect(failure) from None
        if found.status != 200:
            _raise_harmless(Reply(status=found.status))
        return found

    def token(self, *, instead_of: str = "") -> str:
        """Return a token that is not `instead_of`; logs in when there is none."""
        return self._login.renew(instead_of) if instead_of else self._login.get()

    def close(self) -> None:
        """Give back connections."""
        self._wires.close()

    def _call(
        self,
        method: str,
        address: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        operation: str,
        not_after: float = math.inf,
    ) -> Reply:
        """Make one call whose reply must be the one to this call."""
        echo = self.settings.profile.echo.header
        wire, target = self._wires.to(address)
        return wire.call(
            method,
            target,
            body=body,
            headers=headers,
            echo=echo,
            operation=operation,
            not_after=not_after,
        )

    def _end(self, reply: Reply) -> LoginEnd | None:
        """Return what the reply says of the token, by its form or by the town's own code."""
        found = login_end(reply, self._signals)
        if found is not None or not any(code in reply.body for code in self._over):
            return found
        try:
            status = read_status(reply)
            means = faults.meaning(replace(reply, findings=Findings()), status, table=self._table)
        except DeliveryFailure:
            return None  # told when the reply is read for what it is
        if means is not Means.SESSION_OVER:
            return None
        return LoginEnd(Kind.CODE, f"HTTP {reply.status}, code {kept_code(status.code)}")

    def _log_in(self) -> Granted:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": self.settings.client_secret,
        }
        try:
            with without_effect():
                sent = urlencode(form).encode()
                address = self.settings.address(LOGIN)
                reply = self._call("POST", address, sent, _FORM, operation=LOGIN)
                with evidenced(reply):
                    expect_success(reply)
                    return granted(reply, cautious=self._signals.lifetime)
        except TransientFailure as failure:
            if not failure.code.startswith("reply_"):
                raise
            detail = f"{failure.code}: {failure.detail}"
            raise TransientFailure("partner_login", detail) from None
        except DeliveryFailure as failure:  # refused credentials may be put right at the town
            raise TransientFailure("partner_login", failure.detail) from None


def _origin(url: str) -> str:
    """Return an address without its path: a target that is downloaded is a whole path."""
    return urlsplit(url)._replace(path="").geturl()


def _raise_harmless(reply: Reply) -> None:
    """Raise what the status of a reply other than 200 says of a call that only reads."""
    try:
        expect_success(reply)
    except DeliveryFailure as failure:
        raise faults.without_effect(failure) from None
    raise TransientFailure("partner_unreachable", f"HTTP {reply.status}, no file")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _seen(found: Download) -> Reply:
    """Return of a file's reply what tells of the login: a page for people is looked into."""
    kind = found.field("content-type")
    fields = {"content-type": kind, "location": found.field("location")}
    is_page = found.status == 200 and "html" in kind.casefold()
    return Reply(
        status=found.status, headers=fields, body=found.peek(PAGE_LIMIT) if is_page else b""
    )
