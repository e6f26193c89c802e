"""`hub clients`: add a client of the hub, give it a further secret, retire it, list all.

A secret is shown once, on standard output or in a file for its owner only, and is kept nowhere.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.clients.shown_clients import data_of, print_client
from hub.cli.clients.shown_secrets import place_for, show_issued
from hub.cli.context import Actor, Reason, by, opened, settings
from hub.cli.output.answer import done, print_line, put, refuse
from hub.operations.clients import issuing
from hub.operations.clients.issuing import Certificate, Issued, NotDone
from hub.rules.clients.certificates import CertificateBinding
from hub.rules.clients.client import Client, NotAClient
from hub.runtime.clock import utc_now
from hub.store.clients import registry, secrets
from hub.store.clients.key_file import KeyFile
from hub.store.clients.secrets import KeptSecret
from hub.store.engine.store import Store
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
CertificateBy = Annotated[
    CertificateBinding, typer.Option("--certificate-by", help="certificate_by")
]
MustSign = Annotated[bool, typer.Option("--must-sign", help="must_sign")]
SignedReplies = Annotated[bool, typer.Option("--signed-replies", help="signed_replies")]
WsPassword = Annotated[bool, typer.Option("--ws-password", help="ws_password")]


@app.command("add")
def add(
    id: Id,
    operation: Annotated[list[str], typer.Option(help="operation")],
    agency: Annotated[list[str], typer.Option(help="agency")],
    reason: Reason,
    address: Annotated[list[str] | None, typer.Option(help="address")] = None,
    calls_per_minute: Annotated[int, typer.Option(help="calls_per_minute")] = 600,
    calls_at_once: Annotated[int, typer.Option(help="calls_at_once")] = 64,
    must_sign: MustSign = False,
    signed_replies: SignedReplies = False,
    expires_days: Days = 365,
    secret_file: SecretFile = None,
    certificate: CertificateFile = None,
    certificate_by: CertificateBy = CertificateBinding.PUBLIC_KEY,
    ws_password: WsPassword = False,
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
        calls_at_once=calls_at_once,
        must_sign=must_sign,
        signed_replies=signed_replies,
    )
    check_signing(wanted=signed_replies)
    lasts, given = timedelta(days=expires_days), _certificate(certificate, certificate_by)
    keys = _ws_keys(wanted=ws_password)

    def act(store: Store) -> Issued:
        return issuing.add(store, client, lasts=lasts, certificate=given, ws_keys=keys, by=who)

    _issue(act, secret_file)


@app.command("rotate")
def rotate(
    id: Id,
    reason: Reason,
    expires_days: Days = 365,
    secret_file: SecretFile = None,
    certificate: CertificateFile = None,
    certificate_by: CertificateBy = CertificateBinding.PUBLIC_KEY,
    ws_password: WsPassword = False,
    actor: Actor = "",
) -> None:
    """Give a client a second secret; the first works until it is retired or ends."""
    who = by(reason, actor)
    lasts, given = timedelta(days=expires_days), _certificate(certificate, certificate_by)
    keys = _ws_keys(wanted=ws_password)

    def act(store: Store) -> Issued:
        return issuing.rotate(store, id, lasts=lasts, certificate=given, ws_keys=keys, by=who)

    _issue(act, secret_file)


def _issue(act: Callable[[Store], Issued], secret_file: Path | None) -> None:
    """Do what issues a secret, and show the secret once."""
    with place_for(secret_file) as place:
        try:
            with opened() as store:
                issued = act(store)
        except (NotAClient, NotDone) as error:
            raise refused(error) from None
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
        raise refused(error) from None
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
    put(clients=[data_of(*pair) for pair in known])
    if not known:
        print_line(text("clients.none"))
    for one, kept in known:
        print_client(one, kept)


def _shown(secret: KeptSecret, everything: bool) -> bool:
    return everything or secret.is_live(utc_now())


def _ws_keys(*, wanted: bool) -> KeyFile | None:
    """Return the file that the key is derived from, made where there is none yet."""
    if not wanted:
        return None
    keys = KeyFile(settings().derivation_key)
    try:
        keys.make()
    except OSError as error:
        refuse(text("clients.ws_key_not_made", file=keys.place, why=error.strerror))
        raise typer.Exit(1) from None
    return keys


def check_signing(*, wanted: bool) -> None:
    """Refuse signed replies where the hub has no certificate for them."""
    if wanted and not settings().signing_certificate_file:
        refuse(text("clients.no_signing_pair"))
        raise typer.Exit(1)


def _certificate(file: Path | None, binding: CertificateBinding) -> Certificate | None:
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
    try:
        return issuing.certificate_of(found.public_bytes(Encoding.DER), binding=binding)
    except NotDone as error:
        raise refused(error) from None


def refused(error: NotAClient | NotDone) -> typer.Exit:
    """Say why nothing was done; return how the command ends."""
    refuse(f"{text('clients.refused')} {error.text}")
    return typer.Exit(2 if isinstance(error, NotAClient) else 1)
