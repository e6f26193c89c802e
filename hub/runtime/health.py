"""Tells whether the hub's process on this machine works: for a container's health check.

Reads the heartbeats of this host for the roles of the settings: every process with such a role
counts, so that one which hangs is not hidden by another that works. With the role gateway it
calls the gateway's own port. It migrates nothing, calls no partner and no broker, and does not
import what does, because every container runs it once a minute: `python -m hub.runtime.health`, or
`hub health`.
"""

import os
import socket
import ssl
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.environment import load
from hub.operations.unconnected import unconnected
from hub.runtime.process.processes import runs_here
from hub.settings import Settings, SettingsError, in_url
from hub.store.engine.store import Store, StoreUnavailable
from hub.store.monitoring import heartbeats
from hub.texts import language_of, text, use_language

ANSWER_WITHIN = 5.0


def problems(settings: Settings, *, now: datetime) -> list[str]:
    """Return what does not work of the roles that the settings name, empty when all do."""
    place = Path(settings.database.removeprefix("sqlite:///"))
    if settings.database.startswith("sqlite:///") and not place.exists():
        return [text("health.never_run", place=place)]
    store = Store(settings.database, connections=1)
    try:
        with store.read() as tx:
            rows = heartbeats.known(tx, socket.gethostname())
            lacking = unconnected(tx, settings) if "deliver" in settings.role_names else []
    except StoreUnavailable as error:
        return [text("health.not_read", why=type(error).__name__)]
    finally:
        store.close()
    found = [problem for role in settings.role_names for problem in _of_role(role, rows, now)]
    found = list(dict.fromkeys(found))
    found += [f"{one.partner}: {one.text}" for one in lacking if one.pending]
    if "gateway" in settings.role_names and (problem := _gateway_trouble(settings)):
        found.append(problem)
    return found


def _of_role(role: str, rows: Sequence[Any], now: datetime) -> Iterator[str]:
    """Return what is wrong with each process of this host that has a role."""
    mine = [row for row in rows if role in row.roles.split(",")]
    running = [row for row in mine if runs_here(row)]
    if not running:
        if mine:
            yield text("health.ended", role=role, process=mine[0].process)
        else:
            yield text("health.no_process", role=role)
    for row in running:
        silent = now - row.beat_at
        if silent > heartbeats.SILENT_AT_MOST:
            seconds = f"{silent.total_seconds():.0f}"
            yield text("health.silent", role=role, process=row.process, seconds=seconds)
        elif row.troubles:
            yield row.troubles


def _gateway_trouble(settings: Settings) -> str:
    """Return why the gateway does not answer on this machine, "" when it does."""
    host = in_url(settings.http_host)
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104
    direct: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    scheme = "http"
    if settings.http_port_has_tls:
        scheme = "https"
        # Its certificate names another host than this address, and nothing secret is sent.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        direct.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*direct)
    try:
        opener.open(f"{scheme}://{host}:{settings.http_port}/health", timeout=ANSWER_WITHIN).close()
    except OSError as error:
        return text("health.gateway", why=type(error).__name__)
    return ""


def check(environment: Mapping[str, str]) -> tuple[int, str]:
    """Return exit code and text: 0 all work, 1 something does not, 2 the settings are wrong."""
    try:
        settings = load(environment)
    except SettingsError as error:
        return 2, str(error)
    found = problems(settings, now=datetime.now(UTC))
    if found:
        return 1, "\n".join(found)
    return 0, text("health.at_work", roles=", ".join(settings.role_names))


def main() -> None:
    """Print and end with the code."""
    use_language(language_of(os.environ))
    code, found = check(os.environ)
    sys.stdout.write(found + "\n")
    raise SystemExit(code)


if __name__ == "__main__":
    main()
