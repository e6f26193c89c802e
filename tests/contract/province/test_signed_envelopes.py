"""The hub's own SOAP calls to the province, signed and with a UsernameToken by settings."""

from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from adapters.wire.ws_security import DS, WSSE, WSU, EnvelopeSecurity, SecuritySettings
from hub.rules.failures.errors import TransientFailure
from tests.contract.destinations.destination_contract import request_for
from tests.support.network.certificates import Authority, Pair
from tests.support.partners.province import dossier, message_of, settings_for

NUMBER = "000.99.01.H57-180806-0777"


def destination(province: SimulatorProcess, pair: Pair) -> ProvincialDestination:
    """Return a province whose calls are signed, with a UsernameToken."""
    security = SecuritySettings(
        certificate=pair.certificate, key=pair.key, username="hub", password="secret-of-the-hub"
    )
    return ProvincialDestination(settings_for(province.url, mode="soap", security=security))


def test_a_signed_registration_has_its_effect(province: SimulatorProcess, tmp_path: Path) -> None:
    """Login and call are signed; a partner that does not look at it takes them as before."""
    made = destination(province, Authority(tmp_path).pair("hub"))
    try:
        made.send(request_for(made, message_of(dossier(NUMBER))))
    finally:
        made.close()
    assert len(province.effects(dossier=NUMBER)) == 1


def test_each_attempt_is_signed_anew(tmp_path: Path) -> None:
    """With a time, a nonce and a signature of its own; the password itself is never sent."""
    pair = Authority(tmp_path).pair("hub")
    settings = SecuritySettings(
        certificate=pair.certificate, key=pair.key, username="hub", password="secret-of-the-hub"
    )
    secured = EnvelopeSecurity(settings)
    call = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'
    first, second = (etree.fromstring(secured.secure(call)) for _ in range(2))
    for name in (f"{{{WSSE}}}Nonce", f"{{{DS}}}SignatureValue"):
        assert first.findtext(f".//{name}") != second.findtext(f".//{name}")
    assert first.findtext(f".//{{{WSU}}}Created")
    assert b"secret-of-the-hub" not in etree.tostring(first)
    assert "secret-of-the-hub" not in repr(settings)


@pytest.mark.parametrize(("nth", "case"), list(enumerate(["missing", "expired", "not a pair"])))
def test_what_cannot_be_signed_is_not_sent(
    province: SimulatorProcess, tmp_path: Path, nth: int, case: str
) -> None:
    """It certainly has no effect, and goes out when a person has put other files there."""
    authority = Authority(tmp_path)
    good = authority.pair("good")
    ends = timedelta(seconds=-1) if case == "expired" else timedelta(days=2)
    pair = authority.pair("hub", ends=ends)
    if case == "missing":
        pair.key.unlink()
    if case == "not a pair":
        pair.key.write_bytes(good.key.read_bytes())
    number = f"000.99.01.H57-180807-{nth:04}"
    made = destination(province, pair)
    request = request_for(made, message_of(dossier(number)))
    try:
        with pytest.raises(TransientFailure) as failed:
            made.send(request)
        assert failed.value.code == "signing_failed"
        assert not province.effects(dossier=number)
        pair.certificate.write_bytes(good.certificate.read_bytes())
        pair.key.write_bytes(good.key.read_bytes())
        made.send(request)
    finally:
        made.close()
    assert len(province.effects(dossier=number)) == 1
