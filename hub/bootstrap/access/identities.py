"""The provider of identities of an installation."""

from adapters.identities.calls import Calls
from adapters.identities.provider import OidcProvider, Registration
from hub.bootstrap.files.secret_files import secret
from hub.console.links import PROVIDER_DONE, SIGN_IN
from hub.ports import Clock
from hub.settings import Settings


def make_identities(settings: Settings, *, clock: Clock) -> OidcProvider | None:
    """Return the provider that persons may sign in by, None where the settings name none."""
    if not settings.oidc_issuer:
        return None
    console = settings.console_url.rstrip("/")
    registration = Registration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=secret(settings, "oidc_client_secret"),
        redirect_uri=console + PROVIDER_DONE,
        signed_out_uri=console + SIGN_IN if settings.oidc_sign_out == "on" else "",
        claim=settings.oidc_claim,
        second_factors=settings.oidc_second_factors.split(),
        button=settings.oidc_button,
    )
    calls = Calls(ca_file=settings.oidc_ca_file, proxy=settings.oidc_proxy)
    return OidcProvider(registration, calls, clock=clock)
