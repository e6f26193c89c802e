"""`hub clients`: add a client of the hub, give it a further secret, retire it, list all.

A secret is shown once, on standard output or in a file for its owner only, and is kept nowhere.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.clients.shown_secrets import place_for, show_issued
from hub.cli.context import Actor, Reason, by, opened
from hub.cli.output.answer import done, print_line, put, refuse
from hub.operations.clients import issuing
from hub.operations.clients.issuing import Certificate, NotDone
from hub.records.deadlines.calendar import local
from hub.rules.clients.client import Client, NotAClient
from hub.runtime.clock import utc_now
from hub.store.clients import registry, secrets
from hub.store.clients.registry import Registered
from hub.store.clients.secrets import KeptSecret
from hub.texts import text

app = typer.Typer()
_ISSUED = ("client", "prefix", "kind", "expires_at", "secret")
ANSWERS = {
    "add": _ISSUED,
    "rotate": _ISSUED,
    "retire": ("client", "secret", "retired"),
    "list": ("clients",),
}

Id = Annotated[str, typer.Argument(help="client")]
Days = Annotated[int, typer.Option("--expires-days", min=1, max=1830, help="expires_days")]
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", help="secret_file"),
]
CertificateFile = Annotated[
    Path | None,
    typer.Option("--certificate", help="certificate"),
]


@app.command("add")
def add(
    id: Id,
    operation: Annotated[list[str], typer.Option(help="operation")],
    agency: Annotated[list[str], typer.Option(help="agency")],
    reason: Reason,
    address: Annotated[list[str] | None, typer.Option(help="address")] = None,
    calls_per_minute: Annotated[int, typer.Option(help="calls_per_minute")] = 600,
    expires_days: Days = 365,
    secret_file: SecretFile = None,
    certificate: CertificateFile = None,
    actor: Actor = "",
) -> None:
    """Add a client with its first secret; the secret is shown once."""
    who = by(reason, actor)
    client = Client(
        id=id,
        operations=frozenset(operation),
        agencies=frozenset(agency),
        addresses=tuple(address or ()),
        calls_per_minute=calls_per_minute,
    )
    lasts, given = timedelta(days=expires_days), _certificate(certificate)
    with place_for(secret_file) as place:
        try:
            with opened() as store:
                issued = issuing.add(store, client, lasts=lasts, certificate=given, by=who)
        except (NotAClient, NotDone) as error:
            raise _refused(error) from None
        show_issued(issued, place=place)


@app.command("rotate")
def rotate(
    id: Id,
    reason: Reason,
    expires_days: Days = 365,
    secret_file: SecretFile = None,
    certificate: CertificateFile = None,
    actor: Actor = "",
) -> None:
    """Give a client a second secret; the first works until it is retired or ends."""
    who = by(reason, actor)
    lasts, given = timedelta(days=expires_days), _certificate(certificate)
    with place_for(secret_file) as place:
        try:
            with opened() as store:
                issued = issuing.rotate(store, id, lasts=lasts, certificate=given, by=who)
        except NotDone as error:
            raise _refused(error) from None
        show_issued(issued, place=place)


@app.command("retire")
def retire(
    id: Id,
    reason: Reason,
    secret: Annotated[str, typer.Option(help="secret")] = "",
    actor: Actor = "",
) -> None:
    """Retire one secret of a client, or the client with all of them; it is refused from then on."""
    who = by(reason, actor)
    try:
        with opened() as store:
            issuing.retire(store, id, prefix=secret, by=who)
    except NotDone as error:
        raise _refused(error) from None
    put(client=id, secret=secret or None, retired=True)
    done(text("clients.retired", client=id, secret=secret))


@app.command("list")
def list_clients(
    everything: Annotated[bool, typer.Option("--all", help="retired_too")] = False,
) -> None:
    """List clients, their rights and their secrets: ends and last uses, never a secret."""
    with opened() as store, store.read() as tx:
        known = [
            (one, [it for it in secrets.of_client(tx, one.client.id) if _shown(it, everything)])
            for one in registry.all_of(tx)
            if everything or not one.retired
        ]
    put(clients=[_data(*pair) for pair in known])
    if not known:
        print_line(text("clients.none"))
    for one, held in known:
        _print(one, held)


def _shown(secret: KeptSecret, everything: bool) -> bool:
    return everything or secret.is_live(utc_now())


def _print(one: Registered, held: list[KeptSecret]) -> None:
    """Print one client as a record: whole at any width of the terminal."""
    client = one.client
    rights = (
        (text("clients.may_call"), sorted(client.operations)),
        (text("clients.acts_for"), sorted(client.agencies)),
        (text("clients.calls_from"), client.addresses or [text("clients.anywhere")]),
        (text("clients.per_minute"), [client.calls_per_minute or text("clients.no_limit")]),
    )
    lines = [client.id + (" " + text("clients.is_retired_mark") if one.retired else "")]
    lines += [f"  {about:<12}{' '.join(map(str, words))}" for about, words in rights]
    lines += [f"  {_line(secret)}" for secret in held]
    if not held:
        lines.append(f"  {text('clients.no_secret')}")
    for line in lines:
        print_line(line)


def _line(secret: KeptSecret) -> str:
    used = text("clients.never_used")
    if secret.last_used_at:
        used = text("clients.last_used", at=f"{local(secret.last_used_at):%d/%m/%Y %H:%M}")
    about = {"kind": secret.kind, "prefix": secret.prefix, "used": used}
    if secret.retired_at:
        return text("clients.secret_retired", **about)
    return text("clients.secret_until", until=f"{local(secret.expires_at):%d/%m/%Y}", **about)


def _data(one: Registered, held: list[KeptSecret]) -> dict[str, object]:
    client = one.client
    return {
        "client": client.id,
        "operations": sorted(client.operations),
        "agencies": sorted(client.agencies),
        "addresses": list(client.addresses),
        "calls_per_minute": client.calls_per_minute,
        "retired_at": one.retired_at,
        "secrets": [
            {
                "prefix": secret.prefix,
                "kind": secret.kind,
                "made_at": secret.made_at,
                "expires_at": secret.expires_at,
                "last_used_at": secret.last_used_at,
                "retired_at": secret.retired_at,
            }
            for secret in held
        ],
    }


def _certificate(file: Path | None) -> Certificate | None:
    if file is None:
        return None
    from cryptography import x509  # only who registers a certificate pays for it
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else text("clients.not_pem")
        refuse(text("clients.no_certificate", file=file, why=why))
        raise typer.Exit(2) from None
    return issuing.certificate_of(
        found.public_bytes(Encoding.DER), not_after=found.not_valid_after_utc
    )


def _refused(error: NotAClient | NotDone) -> typer.Exit:
    refuse(f"{text('clients.refused')} {error.text}")
    return typer.Exit(2 if isinstance(error, NotAClient) else 1)
