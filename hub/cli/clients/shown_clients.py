"""How a client is shown: its rights and its secrets, never a secret itself."""

from hub.cli.output.answer import print_line
from hub.records.deadlines.calendar import local
from hub.rules.clients.client import Client
from hub.store.clients.registry import Registered
from hub.store.clients.secrets import KeptSecret
from hub.texts import text

_SHOWN = (
    *("prefix", "kind", "binding", "made_at", "expires_at"),
    *("certificate_ends_at", "last_used_at", "retired_at"),
)
"""What programs are told of a secret."""


def print_client(one: Registered, kept: list[KeptSecret]) -> None:
    """Print one client as a record: whole at any width of the terminal."""
    print_line(one.client.id + (" " + text("clients.is_retired_mark") if one.retired else ""))
    print_rights(one.client)
    for line in [_line(secret) for secret in kept] or [text("clients.no_secret")]:
        print_line(f"  {line}")


def print_rights(client: Client) -> None:
    """Print what a client may, a line a right."""
    no_limit = text("clients.no_limit")
    rights = (
        (text("clients.may_call"), sorted(client.operations)),
        (text("clients.acts_for"), sorted(client.agencies)),
        (text("clients.calls_from"), client.addresses or [text("clients.anywhere")]),
        (text("clients.per_minute"), [client.calls_per_minute or no_limit]),
        (text("clients.at_once"), [client.calls_at_once or no_limit]),
        (text("clients.its_calls"), [_signed(yes=client.must_sign)]),
        (text("clients.our_replies"), [_signed(yes=client.signed_replies)]),
    )
    for about, words in rights:
        print_line(f"  {about:<12}{' '.join(map(str, words))}")


def _signed(*, yes: bool) -> str:
    return text("clients.signed" if yes else "clients.signed_or_not")


def _line(secret: KeptSecret) -> str:
    used = text("clients.never_used")
    if secret.last_used_at:
        used = text("clients.last_used", at=f"{local(secret.last_used_at):%d/%m/%Y %H:%M}")
    kind = f"{secret.kind} {secret.binding}".strip()
    about = {"kind": kind, "prefix": secret.prefix, "used": used}
    if secret.retired_at:
        return text("clients.secret_retired", **about)
    return text("clients.secret_until", until=f"{local(secret.ends_at):%d/%m/%Y}", **about)


def rights_of(client: Client) -> dict[str, object]:
    """Return a client's rights for programs."""
    return {
        "client": client.id,
        "operations": sorted(client.operations),
        "agencies": sorted(client.agencies),
        "addresses": list(client.addresses),
        "calls_per_minute": client.calls_per_minute,
        "calls_at_once": client.calls_at_once,
        "must_sign": client.must_sign,
        "signed_replies": client.signed_replies,
    }


def data_of(one: Registered, kept: list[KeptSecret]) -> dict[str, object]:
    """Return a client with its secrets for programs."""
    secrets = [{name: getattr(secret, name) for name in _SHOWN} for secret in kept]
    return rights_of(one.client) | {"retired_at": one.retired_at, "secrets": secrets}
