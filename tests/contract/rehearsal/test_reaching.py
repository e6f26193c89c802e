"""How a rehearsal reaches a partner: TLS chain and days left, our own certificate, proxy, SOAP."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.simulation.process import SimulatorProcess
from hub.bootstrap.partners.rehearsals import Walked
from tests.support.network.certificates import Authority, Pair
from tests.support.network.tls_server import HttpProxy, http_proxy, server_context
from tests.support.partners import province as p
from tests.support.partners.rehearsals import (
    AGENCY,
    attention,
    environment,
    found_at,
    lines,
    rehearse,
)
from tests.support.partners.rewriting import rewriting

LONG = timedelta(days=90)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with p.start_province(tmp_path_factory.mktemp("province")) as found:
        yield found


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def good(authority: Authority) -> Pair:
    return authority.pair("partner", ends=LONG)


@pytest.fixture
def proxy() -> Iterator[HttpProxy]:
    with http_proxy() as found:
        yield found


def walked_over(
    context: ssl.SSLContext, simulator: SimulatorProcess, place: Path, *profile: str
) -> Walked:
    """Rehearse with a province behind TLS under a profile of these lines."""
    own = place / "own.toml"
    own.write_text("\n".join(profile) + "\n", encoding="utf-8")
    with rewriting(simulator.url, context) as gateway:
        settings = environment(gateway.url, place, HUB_PROVINCE_PROFILE=str(own))
        _, walked = rehearse("province", settings, number="")
    return walked


def trusting(authority: Authority) -> str:
    return f'[tls]\nca_file = "{authority.root}"'


def test_the_chain_and_the_days_left_are_shown(
    simulator: SimulatorProcess, authority: Authority, good: Pair, tmp_path: Path
) -> None:
    """Version, cipher, the host's certificate with its signer and its end; the exchange can run."""
    walked = walked_over(server_context(good), simulator, tmp_path, trusting(authority))
    assert walked.runs, attention(walked)
    found = found_at(walked, "tls")
    assert "TLSv1.3" in found
    assert "CN=partner ← CN=Authority for tests; 89 days left" in found
    assert "trusted" in found
    assert "tls" not in attention(walked)


def test_a_certificate_that_ends_soon_is_for_a_person_and_stops_nothing(
    simulator: SimulatorProcess, authority: Authority, tmp_path: Path
) -> None:
    """It is to be renewed before going live."""
    soon = authority.pair("soon", ends=timedelta(days=12))
    walked = walked_over(server_context(soon), simulator, tmp_path, trusting(authority))
    assert walked.runs
    assert "11 days left" in attention(walked)["tls"]


def test_a_certificate_that_is_not_trusted_is_shown_and_nothing_is_sent(
    simulator: SimulatorProcess, good: Pair, tmp_path: Path
) -> None:
    """Who signed it, and its fingerprint: what a person asks the partner for."""
    walked = walked_over(server_context(good), simulator, tmp_path)
    assert not walked.runs
    found = found_at(walked, "tls")
    assert "certificate_unknown" in found
    assert "tls.ca_file" in found
    assert "CN=partner ← CN=Authority for tests" in found
    assert "NOT trusted; SHA-256" in found
    assert "login" in {it.step for it in walked.findings if it.mark == "skipped"}


@pytest.mark.parametrize(
    ("host", "ends", "code"),
    [
        ("127.0.0.1", -timedelta(days=1), "certificate_expired"),
        ("127.0.0.2", LONG, "certificate_name"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_named(
    simulator: SimulatorProcess,
    authority: Authority,
    tmp_path: Path,
    host: str,
    ends: timedelta,
    code: str,
) -> None:
    """Over, or of another machine: two findings with two remedies."""
    pair = authority.pair(code, host=host, ends=ends)
    walked = walked_over(server_context(pair), simulator, tmp_path, trusting(authority))
    assert not walked.runs
    assert code in found_at(walked, "tls")


def asking(authority: Authority, good: Pair, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a server's context that lets in nobody without a certificate of the authority."""
    context = server_context(good, clients_of=authority)
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (ssl.TLSVersion.TLSv1_2, "tls_failed"),
        (ssl.TLSVersion.TLSv1_3, "certificate_refused"),
    ],
)
def test_a_partner_that_wants_our_certificate_is_named_before_the_login(
    simulator: SimulatorProcess,
    authority: Authority,
    good: Pair,
    tmp_path: Path,
    version: ssl.TLSVersion,
    code: str,
) -> None:
    """Also with TLS 1.3, where the refusal comes after the handshake; no login is tried."""
    context = asking(authority, good, version)
    walked = walked_over(context, simulator, tmp_path, trusting(authority))
    assert not walked.runs
    found = found_at(walked, "tls")
    assert code in found
    assert "tls.client_certificate" in found
    assert "login" in {it.step for it in walked.findings if it.mark == "skipped"}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_with_our_certificate_the_exchange_can_run(
    simulator: SimulatorProcess,
    authority: Authority,
    good: Pair,
    tmp_path: Path,
    version: ssl.TLSVersion,
) -> None:
    """Certificate and key of the profile are shown to the partner."""
    own = authority.pair("ward", host="ward.example")
    ours = f'client_certificate = "{own.certificate}"\nclient_key = "{own.key}"'
    context = asking(authority, good, version)
    walked = walked_over(context, simulator, tmp_path, trusting(authority), ours)
    assert walked.runs, attention(walked)


def test_the_proxy_is_named_and_used(
    simulator: SimulatorProcess,
    authority: Authority,
    good: Pair,
    proxy: HttpProxy,
    tmp_path: Path,
) -> None:
    """The certificate is the partner's, seen through the tunnel; every call goes that way."""
    way = f'[proxy]\nurl = "{proxy.url}"'
    walked = walked_over(server_context(good), simulator, tmp_path, trusting(authority), way)
    assert walked.runs, attention(walked)
    assert f"through 127.0.0.1:{proxy.port}" in found_at(walked, "proxy")
    assert "CN=partner" in found_at(walked, "tls")
    assert proxy.requests
    assert all(it.startswith(b"CONNECT ") for it in proxy.requests)


def test_a_proxy_that_refuses_ends_the_walk_with_its_answer(
    simulator: SimulatorProcess, good: Pair, authority: Authority, proxy: HttpProxy, tmp_path: Path
) -> None:
    """Not the partner is away: the office's proxy wants a user."""
    proxy.refuses = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    way = f'[proxy]\nurl = "{proxy.url}"'
    walked = walked_over(server_context(good), simulator, tmp_path, trusting(authority), way)
    assert not walked.runs
    found = "\n".join(attention(walked).values())
    assert "the proxy answered CONNECT with HTTP 407" in found


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_partner_of_either_soap_is_rehearsed(
    simulator: SimulatorProcess, tmp_path: Path, version: str
) -> None:
    """SOAP 1.2 is named as not of the contract, and is read: no line is needed."""
    simulator.speak(*(["soap_12"] if version == "1.2" else []))
    number = f"{AGENCY}-261128-6{version[-1]}00"
    settings = environment(simulator.url, tmp_path, "soap")
    try:
        _, walked = rehearse("province", settings, number=number)
    finally:
        simulator.speak()
    assert walked.runs, attention(walked)
    assert lines(walked) == {}
    assert p.effects(simulator, number).count("dossier") == 1
