"""The process that sends one message by apprise: `python -m adapters.alerts.apprise_call`.

Its input is JSON with `url`, `subject` and `body`, its output JSON with `code` and `detail`, both
"" where the service took the message. It is a process of its own because a service may hang in
ways that no time limit of a call ends, and because apprise writes tokens into its log: who started
it ends it and throws its log away. The address is no argument: other users see arguments.

apprise says of a failure only that there was one. What the services answered is seen where the
library `requests` sends: most of apprise's services use it.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from apprise import Apprise, AppriseAsset, AppriseResultStatus
from requests.adapters import HTTPAdapter

LOOPBACK = ("localhost", "127.0.0.1", "::1")
UNKNOWN, REFUSED, IN_PART = "chat_unknown", "chat_refused", "chat_in_part"
ADDRESS, UNREACHABLE, NO_TLS = "chat_address", "chat_unreachable", "chat_no_tls"


class _NoTls(requests.RequestException):
    """A service elsewhere would be called without TLS, or without a look at its certificate."""


@dataclass(slots=True)
class _Calls:
    """What became of the calls that a service needed."""

    statuses: list[int] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    """Calls after which the service may have taken the message."""
    open: bool = False


def main(given: Mapping[str, str]) -> dict[str, str]:
    """Make one call and return what became of it."""
    asset = AppriseAsset(http_redirects=False, async_mode=False, interpret_emojis=False)
    apprise = Apprise(asset=asset)
    if not apprise.add(given["url"]) or len(apprise) != 1:
        return {"code": ADDRESS, "detail": ""}
    with _seen_calls() as calls:
        status = apprise.notify(title=given["subject"], body=given["body"]).status
    code, detail = _outcome(status, calls)
    return {"code": code, "detail": detail}


def _outcome(status: AppriseResultStatus, calls: _Calls) -> tuple[str, str]:
    """Return code and detail; the detail has no word of the service, which may quote a token."""
    if status is AppriseResultStatus.SUCCESS:
        return "", ""
    refused = [it for it in calls.statuses if not 200 <= it < 300]
    shown = ", ".join(f"HTTP {it}" for it in sorted(set(calls.statuses)))
    if calls.open:
        return NO_TLS, ""
    if calls.cut:
        return UNKNOWN, ", ".join(sorted(set(calls.cut)))
    if refused and len(refused) < len(calls.statuses):
        return IN_PART, shown
    if calls.statuses:
        return REFUSED, shown
    if calls.unreached:
        return UNREACHABLE, ", ".join(sorted(set(calls.unreached)))
    return UNKNOWN, status.name.lower()


@contextmanager
def _seen_calls() -> Iterator[_Calls]:
    """Give what becomes of the calls during the block."""
    calls, send = _Calls(), HTTPAdapter.send

    def seen(
        self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        checked = parts.scheme == "https" and options.get("verify", True) is not False
        if not checked and parts.hostname not in LOOPBACK:
            calls.open = True
            raise _NoTls
        try:
            response = send(self, request, *args, **options)
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            calls.unreached.append(type(error).__name__)
            raise
        except requests.RequestException as error:
            (calls.unreached if _never_connected(error) else calls.cut).append(type(error).__name__)
            raise
        calls.statuses.append(response.status_code)
        return response

    HTTPAdapter.send = seen  # type: ignore[method-assign]
    try:
        yield calls
    finally:
        HTTPAdapter.send = send  # type: ignore[method-assign]


def _never_connected(error: requests.RequestException) -> bool:
    """Tell whether a call failed before a byte of it was sent."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return type(cause).__name__ in ("NewConnectionError", "NameResolutionError", "ProxyError")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.load(sys.stdin))))
