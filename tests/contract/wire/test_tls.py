"""TLS to a partner on real sockets: which certificates are trusted, and four findings of others."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.wire.profile import Tls
from hub.rules.failures.errors import TransientFailure
from tests.support.network.certificates import Authority, Pair
from tests.support.network.tls_server import (
    server_context,
    tls_server,
)
from tests.support.network.wires import called, refused, wire_to


def test_a_partner_with_a_trusted_certificate_is_called(good: Pair, trusting: Tls) -> None:
    """Calls share a connection."""
    with tls_server(server_context(good)) as server:
        assert called(wire_to(server, trusting), 3) == [b"ok"] * 3
        assert server.connections == 1


def test_the_partners_own_certificate_may_be_the_trusted_one(good: Pair) -> None:
    """Where its authority is nobody that can be asked."""
    with tls_server(server_context(good)) as server:
        assert called(wire_to(server, Tls(ca_file=str(good.certificate)))) == [b"ok"]


def test_an_expired_certificate_has_its_own_finding(authority: Authority, trusting: Tls) -> None:
    """The partner has to renew it."""
    pair = authority.pair("expired", ends=-timedelta(days=1))
    with tls_server(server_context(pair)) as server:
        failure = refused(wire_to(server, trusting))
        assert (failure.code, server.calls) == ("certificate_expired", [])


def test_a_certificate_of_an_unknown_authority_has_its_own_finding(
    good: Pair, tmp_path: Path
) -> None:
    """The authority's file is missing here."""
    other = Authority(tmp_path, "Another authority")
    with tls_server(server_context(good)) as server:
        for tls in (Tls(), Tls(ca_file=str(other.root))):
            failure = refused(wire_to(server, tls))
            assert (failure.code, server.calls) == ("certificate_unknown", [])


def test_a_certificate_of_another_name_has_its_own_finding(
    authority: Authority, trusting: Tls
) -> None:
    """The address is wrong, or another machine answers."""
    for host in ("province.example", "127.0.0.2"):
        with tls_server(server_context(authority.pair(f"of-{host}", host=host))) as server:
            failure = refused(wire_to(server, trusting))
            assert (failure.code, server.calls) == ("certificate_name", [])


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("offered", "minimum"),
    [
        (ssl.TLSVersion.TLSv1, "1.2"),
        (ssl.TLSVersion.TLSv1_1, "1.2"),
        (ssl.TLSVersion.TLSv1_2, "1.3"),
    ],
)
def test_outdated_tls_has_its_own_finding(
    good: Pair, authority: Authority, offered: ssl.TLSVersion, minimum: str
) -> None:
    """The partner has to turn a newer version on."""
    context = server_context(good)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = offered
    tls = Tls(ca_file=str(authority.root), minimum=minimum)  # type: ignore[arg-type]
    with tls_server(context) as server:
        failure = refused(wire_to(server, tls))
        assert (failure.code, server.calls) == ("tls_outdated", [])


def test_a_port_that_speaks_no_tls_is_named(trusting: Tls) -> None:
    """An https address of an http port."""
    with tls_server(None) as server:
        failure = refused(wire_to(server, trusting))
        assert (failure.code, server.calls) == ("tls_failed", [])


@pytest.mark.usefixtures("checked_always")
def test_a_changed_authority_of_the_partner_is_trusted_by_the_next_connection(
    good: Pair, authority: Authority, tmp_path: Path
) -> None:
    """A partner that changes over is reached again when its new root was put there."""
    roots = tmp_path / "roots.pem"
    roots.write_bytes(Authority(tmp_path / "old", "The old authority").root.read_bytes())
    with tls_server(server_context(good)) as server:
        wire = wire_to(server, Tls(ca_file=str(roots)))
        with pytest.raises(TransientFailure):
            wire.call("GET", "/")
        roots.write_bytes(authority.root.read_bytes())
        assert wire.call("GET", "/").body == b"ok"
        wire.close()
