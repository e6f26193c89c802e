"""The doctor's lines about a provider of identities: what a sign-in would refuse is told before."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from hub.preflight.services.identity_provider import identity_provider
from hub.settings import Settings
from tests.support.partners.identity_provider import CLIENT, TestProvider, test_provider

ADDRESS, CLOCK = "identity provider address", "identity provider clock"


def settings_for(there: TestProvider, console: str = "https://hub.example/") -> Settings:
    """Return settings of a hub that is registered at a provider, its sign-out wanted."""
    return Settings(
        oidc_issuer=there.issuer,
        oidc_client_id=CLIENT,
        oidc_proxy="off",
        oidc_sign_out="on",
        console_url=console,
    )


def all_well(there: TestProvider) -> None:
    """Have the provider offer a sign-out."""
    there.metadata = {"end_session_endpoint": f"{there.issuer}/end"}


def another_name(there: TestProvider) -> None:
    """Have the document name another issuer."""
    there.metadata = {"issuer": there.issuer + "/"}


def no_key(there: TestProvider) -> None:
    """Take the keys away."""
    all_well(there)
    there.served = []


def away(there: TestProvider) -> None:
    """Have it answer that it cannot."""
    there.status = 503


def no_sign_out(there: TestProvider) -> None:
    """Leave it as it is."""


def late(there: TestProvider) -> None:
    """Have its clock be an hour behind."""
    all_well(there)
    there.behind = timedelta(hours=1)


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        (all_well, {}),
        (another_name, {"identity provider": "another issuer"}),
        (no_key, {"identity provider": "0 keys"}),
        (away, {"identity provider": "HTTP 503"}),
        (no_sign_out, {"identity provider sign-out": "end_session_endpoint"}),
        (late, {CLOCK: "behind"}),
    ],
)
def test_each_fault_has_its_line_with_what_to_do(
    fault: Callable[[TestProvider], None], wrong: dict[str, str]
) -> None:
    """None of them keeps the hub from starting: a password works without a provider."""
    with test_provider() as there:
        fault(there)
        found = list(identity_provider(settings_for(there)))
    assert {it.subject for it in found if not it.ok} == set(wrong)
    for it in found:
        assert not it.refuses
        assert it.ok or (wrong[it.subject] in it.detail and it.fix), it
    addresses = [it.detail for it in found if it.subject == ADDRESS]
    assert all("https://hub.example/sign-in/provider/done" in it for it in addresses)


def test_the_way_back_has_to_be_encrypted() -> None:
    """The line names what has to be registered."""
    with test_provider() as there:
        settings = settings_for(there, "http://127.0.0.1:1")
        all_well(there)
        (line,) = [it for it in identity_provider(settings) if it.subject == ADDRESS]
    assert not line.ok
    assert "http://127.0.0.1:1/sign-in/provider/done http://127.0.0.1:1/sign-in" in line.detail


def test_without_a_provider_there_is_no_line() -> None:
    """Nothing is called."""
    assert list(identity_provider(Settings())) == []
