"""A small provider of identities for tests: it signs what it is told to, by keys that change."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from adapters.identities.calls import Calls
from adapters.identities.provider import OidcProvider, Registration

CLIENT, SECRET = "hub", "a secret of tests"


class TestProvider:
    """What it serves; a test changes it before a call."""

    __test__ = False

    def __init__(self) -> None:
        self.issuer = ""
        self.key: RSAKey | ECKey = RSAKey.generate_key(2048, {"kid": "one"})
        self.served: list[RSAKey | ECKey] = [self.key]
        self.metadata: dict[str, Any] = {}
        """What differs from its document."""
        self.token: Callable[[Mapping[str, str]], Mapping[str, Any]] = lambda _form: {}
        """The answer of the token endpoint to a form; status 400 where it has `error`."""
        self.status = 0
        """What everything is answered with, 0 for what is right."""
        self.behind = timedelta()
        """By how much its clock is behind."""
        self.calls: list[str] = []
        self.forms: list[dict[str, str]] = []

    def signed(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Return a token that its key has signed."""
        head = {"alg": "RS256", "kid": self.key.kid, **header}
        return jwt.encode(head, dict(claims), self.key, algorithms=[head["alg"]])

    def claims(self, nonce: str, now: datetime, **more: Any) -> dict[str, Any]:
        """Return the claims of a good token of Bình."""
        at = int(now.timestamp())
        good = {"iss": self.issuer, "aud": CLIENT, "sub": "binh@ward", "nonce": nonce}
        return {**good, "iat": at, "exp": at + 300, **more}

    def answers(self, nonce: str, now: datetime, **more: Any) -> None:
        """Have it answer with a good token."""
        token = self.signed(self.claims(nonce, now, **more))
        self.token = lambda _form: {"id_token": token, "access_token": "at"}

    def provider(
        self, clock: Callable[[], datetime], *, redirect_uri: str = "http://127.0.0.1/x", **own: Any
    ) -> OidcProvider:
        """Return the hub's side of it."""
        registration = Registration(
            issuer=self.issuer,
            client_id=CLIENT,
            secret=lambda: SECRET,
            redirect_uri=redirect_uri,
            **own,
        )
        return OidcProvider(registration, Calls(proxy="off"), clock=clock)

    def document(self) -> dict[str, Any]:
        """Return what it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.metadata,
        }

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        """Return status and document for a path."""
        self.calls.append(path)
        if self.status:
            return self.status, {}
        if path == "/.well-known/openid-configuration":
            return 200, self.document()
        if path == "/keys":
            return 200, {"keys": [it.as_dict(private=False) for it in self.served]}
        self.forms.append(form)
        found = self.token(form)
        return 400 if "error" in found else 200, found


@contextmanager
def test_provider() -> Iterator[TestProvider]:
    """Serve one on this machine until the end."""
    made = TestProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer({**form, "authorization": self.headers.get("authorization", "")})

        def _answer(self, form: dict[str, str]) -> None:
            status, found = made.answer(urlsplit(self.path).path, form)
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            shown = time.time() if timestamp is None else timestamp
            return super().date_time_string(shown - made.behind.total_seconds())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


test_provider.__test__ = False  # type: ignore[attr-defined]
