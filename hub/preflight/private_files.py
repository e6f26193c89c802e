"""The files with the hub's private keys and secrets: there, fitting, and closed to others.

Not looked at: who owns a file, and the files of a container's secrets, which have rights of their
own.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.bootstrap.partners.destinations import own_pairs
from hub.preflight.check import Check
from hub.preflight.store.reading import reading
from hub.rules.failures.error_summary import describe_error
from hub.settings import Settings, secret_files
from hub.store.clients import secrets
from hub.store.clients.key_file import KeyFile
from hub.texts import text

OPEN = stat.S_IRWXO | stat.S_IWGRP
"""What nobody needs: a group may read, as a service's own group does."""
_CONTAINERS = Path("/run/secrets")


def private_files(
    settings: Settings, *, environment: Mapping[str, str] = os.environ
) -> Iterator[Check]:
    """Look at the key of each certificate, at the key file of WS-Security, at all secrets."""
    for what, (certificate, key) in own_pairs(settings).items():
        yield _key(f"{what} key", certificate, key)
    yield from _ws_key(settings)
    yield from _secrets(secret_files(environment))


def _key(subject: str, certificate: Path, key: Path) -> Check:
    try:
        fits = _fits(certificate, key)
    except (OSError, ValueError, TypeError) as error:
        why = text("certificates.unusable", file=key, why=describe_error(error))
        return Check(subject, False, why, text("certificates.unusable_fix"))
    if not fits:
        detail = text("certificates.no_pair", file=key, certificate=certificate)
        return Check(subject, False, detail, text("certificates.no_pair_fix"))
    if _is_open(key):
        return _open(subject, [key])
    return Check(subject, True, text("certificates.key_fits", file=key))


def _fits(certificate: Path, key: Path) -> bool:
    """Return whether a key is that of a certificate. Raises OSError, ValueError, TypeError."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    shown = x509.load_pem_x509_certificate(certificate.read_bytes())
    return load_pem_private_key(key.read_bytes(), None).public_key() == shown.public_key()


def _ws_key(settings: Settings) -> Iterator[Check]:
    place = settings.derivation_key
    if not place.exists():
        if settings.ws_key_file:
            fix = text("certificates.ws_key_fix")
            yield Check("ws.key", False, text("certificates.ws_key_missing", file=place), fix)
        return
    keys = KeyFile(place)
    if keys.derived("a" * 8) is None:
        fix = text("certificates.ws_key_fix")
        yield Check("ws.key", False, text("clients.ws_key_unusable", file=place), fix)
        return
    if _is_open(place):
        yield _open("ws.key", [place])
        return
    with reading(settings) as tx:
        known = secrets.key_digests(tx) if tx is not None else {}
    made = sum(
        derived.digest == digest
        for prefix, digest in known.items()
        if (derived := keys.derived(prefix)) is not None
    )
    yield Check("ws.key", True, text("certificates.ws_key_derives", count=made, of=len(known)))


def _secrets(files: Mapping[str, Path]) -> Iterator[Check]:
    if not files:
        return
    missing = [f"{name} ({file})" for name, file in files.items() if not file.is_file()]
    if missing:
        detail = text("certificates.secrets_missing", files=", ".join(missing))
        yield Check("secret files", False, detail, text("certificates.unusable_fix"))
        return
    opened = [file for file in files.values() if _is_open(file)]
    if opened:
        yield _open("secret files", opened)
        return
    yield Check("secret files", True, text("certificates.secrets_closed", count=len(files)))


def _is_open(file: Path) -> bool:
    return not file.is_relative_to(_CONTAINERS) and bool(file.stat().st_mode & OPEN)


def _open(subject: str, files: list[Path]) -> Check:
    names = [str(file) for file in files]
    detail = text("checks.rights_open", paths=", ".join(names))
    return Check(subject, False, detail, f"chmod 600 {' '.join(names)}")
