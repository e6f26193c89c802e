"""The provider of identities, as a sign-in will need it: document, keys, clock, addresses.

What a sign-in refuses later is told here first, by the same reading. Nothing here keeps the hub
from starting: the sign-in with a password works without a provider.
"""

from collections.abc import Iterator

from hub.bootstrap.access.identities import make_identities
from hub.preflight.check import Check, clock
from hub.rules.users.id_tokens import SKEW
from hub.rules.users.identities import IdentityRefused
from hub.runtime.clock import utc_now
from hub.settings import Settings
from hub.texts import text

SUBJECT = "identity provider"


def identity_provider(settings: Settings) -> Iterator[Check]:
    """Ask the provider for its document and keys; nothing where none is set."""
    provider = make_identities(settings, clock=utc_now)
    if provider is None:
        return
    try:
        found = provider.examine()
    except IdentityRefused as error:
        detail = text("checks.identity_away", issuer=provider.issuer, what=error.refusal.text)
        if error.detail:
            detail = f"{detail} ({error.detail})"
        yield Check(SUBJECT, False, detail, str(error.refusal.to_do))
        return
    detail = text("checks.identity_answers", issuer=provider.issuer, count=found.keys)
    yield Check(SUBJECT, found.keys > 0, detail, text("checks.identity_no_key"))
    yield from _addresses(found.redirect_uri, found.signed_out_uri)
    if found.signed_out_uri and not found.signs_out:
        what = text("checks.identity_no_sign_out")
        yield Check(
            "identity provider sign-out", False, what, text("checks.identity_no_sign_out_fix")
        )
    if found.clock_ahead is None:
        yield Check("identity provider clock", True, text("checks.no_time"))
    else:
        yield clock("identity provider clock", found.clock_ahead, warn=SKEW)


def _addresses(redirect_uri: str, signed_out_uri: str) -> Iterator[Check]:
    wanted = " ".join(filter(None, (redirect_uri, signed_out_uri)))
    is_encrypted = redirect_uri.startswith("https://")
    detail = text("checks.identity_register", addresses=wanted)
    yield Check(
        "identity provider address", is_encrypted, detail, text("checks.identity_plain_address")
    )
