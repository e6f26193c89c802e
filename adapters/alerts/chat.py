"""Hands a message to a chat or SMS service by apprise: Zalo, Telegram, an SMS gateway, many others.

The address holds the service's token, so it stands in a file, is read at each attempt, and is in no
error and no log. Each attempt is a process of its own that ends within seconds, whatever the
service does. apprise has no key, so what was cut off may be told twice. It comes with the extra
`chat` and is loaded by that process alone.
"""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from hub.ports.alerts import ChannelFailed
from hub.rules.alerts.plan import ChannelSettings

WITHIN = 20.0
"""Seconds for an attempt as a whole."""
CALL = "adapters.alerts.apprise_call"
_PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "ssl_cert_file", "requests_ca_bundle")
_UNKNOWN = "chat_unknown"


class AppriseChannel:
    """Sends by apprise for one channel."""

    def __init__(self, channel: ChannelSettings, *, within: float = WITHIN) -> None:
        self._file = channel.url_file
        self._within = within

    def send(self, *, key: str, subject: str, body: str, at: datetime) -> None:  # noqa: ARG002
        """Hand a message over, see the port; raises ChannelFailed."""
        given = json.dumps({"url": self._url(), "subject": subject, "body": body})
        code, detail = self._call(given)
        if code:
            unknown = code == _UNKNOWN
            raise ChannelFailed(code, detail, in_part=code == "chat_in_part", is_unknown=unknown)

    def _url(self) -> str:
        try:
            lines = Path(self._file).read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            raise ChannelFailed("secret_unreadable", type(error).__name__) from None
        if len(lines) != 1:
            raise ChannelFailed("chat_address", f"{len(lines)} lines")
        return lines[0]

    def _call(self, given: str) -> tuple[str, str]:
        """Return code and detail of an attempt, both "" where the service took the message."""
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-m", CALL],
                input=given.encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: it for name, it in os.environ.items() if name.lower() in _PASSED_ON},
                timeout=self._within,
                check=False,
            )
            found = json.loads(done.stdout)
            return found["code"], found["detail"]
        except subprocess.TimeoutExpired:
            return _UNKNOWN, f"no end within {self._within:g} s"
        except (OSError, ValueError) as error:
            return _UNKNOWN, type(error).__name__
