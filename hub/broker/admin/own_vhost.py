"""A virtual host for the length of a run, for what must not play in somebody's queues.

Promises a virtual host with a new name at a broker that is there, and that it is removed at the
end, with everything in it. Where none can be made, nothing is touched and a sentence says why. It
is left behind when the process is killed.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from hub.broker.admin.management import Management
from hub.broker.rabbit.target import Target
from hub.ports import BrokerUnavailable
from hub.texts import text


class NoOwnVhost(Exception):
    """No virtual host could be made; the text says why and what to do."""


@contextmanager
def own_vhost(broker_url: str, management_url: str, *, prefix: str) -> Iterator[str]:
    """Give the AMQP address (with commas: addresses) of a new virtual host. Raises NoOwnVhost."""
    urls = Target.parse(broker_url).urls
    name = f"{prefix}-{secrets.token_hex(4)}"
    if not management_url:
        raise NoOwnVhost(text("broker_checks.no_own_vhost"))
    management = Management(management_url, name)
    try:
        _make(management, urls)
        try:
            yield ",".join(_inside(url, name) for url in urls)
        finally:
            management.remove_vhost()
    finally:
        management.close()


def _make(management: Management, urls: tuple[str, ...]) -> None:
    try:
        management.make_vhost()
        for user in {unquote(urlsplit(url).username or "guest") for url in urls}:
            management.permit(user)
    except BrokerUnavailable as error:
        raise NoOwnVhost(text("broker_checks.own_vhost_failed", why=error)) from error


def _inside(url: str, vhost: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(vhost, safe="")))
