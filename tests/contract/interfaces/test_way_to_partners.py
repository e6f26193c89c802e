"""How partners are reached, by the settings alone: certificate, authority, proxy; both partners."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.bootstrap.partners.destinations import make_destinations
from hub.environment import load
from hub.ports import Destination
from hub.rules.failures.errors import DeliveryFailure
from hub.settings import Settings, SettingsError
from tests.support.network.certificates import Authority, Pair
from tests.support.network.tls_server import (
    HttpProxy,
    TlsServer,
    http_proxy,
    server_context,
    tls_server,
)

PARTNERS = ("province", "town")
ACCOUNTS = {
    "province": {"HUB_PROVINCE_USERNAME": "ward", "HUB_PROVINCE_PASSWORD": "word"},
    "town": {
        "HUB_TOWN_CLIENT_ID": "ward",
        "HUB_TOWN_CLIENT_SECRET": "word",
        "HUB_TOWN_CALLBACK_SECRET": "word",
        "HUB_FILE_TOKEN": "word",
    },
}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority that signs for both sides."""
    return Authority(tmp_path / "authority")


@pytest.fixture
def own(authority: Authority) -> Pair:
    """The hub's own certificate."""
    return authority.pair("ward", host="ward.example")


@pytest.fixture
def demanding(authority: Authority) -> Iterator[TlsServer]:
    """A server that takes nobody without a certificate of the authority."""
    with tls_server(server_context(authority.pair("partner"), clients_of=authority)) as server:
        yield server


@pytest.fixture
def proxy() -> Iterator[HttpProxy]:
    """A proxy between the hub and the server."""
    with http_proxy() as found:
        yield found


def settings(partner: str, port: int, tmp_path: Path, **files: str | Path) -> Settings:
    """Return settings with one partner, read as from the environment."""
    prefix = f"HUB_{partner.upper()}_"
    environment = {"HUB_DATA_DIR": str(tmp_path), f"{prefix}URL": f"https://127.0.0.1:{port}/x"}
    given = {prefix + name: str(value) for name, value in files.items()}
    return load(environment | ACCOUNTS[partner] | given)


def pinged(found: Settings) -> DeliveryFailure:
    """Ask the partner for a sign of life; the server speaks no partner's language."""
    (destination,) = make_destinations(found)
    try:
        return _failure_of(destination)
    finally:
        destination.close()


def _failure_of(destination: Destination) -> DeliveryFailure:
    with pytest.raises(DeliveryFailure) as caught:
        destination.ping()
    return caught.value


@pytest.mark.parametrize("partner", PARTNERS)
def test_a_partner_is_shown_the_certificate_of_the_settings(
    demanding: TlsServer,
    authority: Authority,
    own: Pair,
    proxy: HttpProxy,
    tmp_path: Path,
    partner: str,
) -> None:
    """Through the proxy of the settings, which gets its user and the password of the file."""
    password = tmp_path / "proxy-password"
    password.touch(mode=0o600)
    password.write_text("made-up\n")
    way: dict[str, str | Path] = {"CA_FILE": authority.root}
    way |= {"PROXY": proxy.url.replace("//", "//ward@"), "PROXY_PASSWORD_FILE": password}
    shown: dict[str, str | Path] = {"CERTIFICATE_FILE": own.certificate, "KEY_FILE": own.key}
    pinged(settings(partner, demanding.port, tmp_path, **way, **shown))
    assert set(demanding.names) == {"ward"}
    assert demanding.calls
    assert all(b"Basic d2FyZDptYWRlLXVw" in head for head in proxy.requests)
    calls = len(demanding.calls)
    assert pinged(settings(partner, demanding.port, tmp_path, **way)).code == "certificate_refused"
    assert len(demanding.calls) == calls


@pytest.mark.parametrize("partner", PARTNERS)
def test_a_certificate_without_its_key_is_refused_at_the_start(
    own: Pair, tmp_path: Path, partner: str
) -> None:
    """Both or none; a file that is not there is named with its setting."""
    prefix = f"HUB_{partner.upper()}_"
    with pytest.raises(SettingsError, match=f"{prefix}KEY_FILE"):
        settings(partner, 1, tmp_path, CERTIFICATE_FILE=own.certificate)
    lost = settings(
        partner, 1, tmp_path, CERTIFICATE_FILE=tmp_path / "nowhere.pem", KEY_FILE=own.key
    )
    with pytest.raises(SettingsError, match=f"(?s){prefix}CERTIFICATE_FILE.*nowhere"):
        make_destinations(lost)


@pytest.mark.parametrize("partner", PARTNERS)
def test_a_proxy_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path, partner: str) -> None:
    """By the name of its setting, with no password in the words."""
    wrong = settings(partner, 1, tmp_path, PROXY="http://ward:made-up@proxy.example:1")
    with pytest.raises(SettingsError, match=f"HUB_{partner.upper()}_PROXY") as refused:
        make_destinations(wrong)
    assert "made-up" not in str(refused.value)
    assert "made-up" not in repr(wrong)
