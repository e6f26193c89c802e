"""Calls that come while the hub stops: its web server still answers, nothing is taken any more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from tests.support.gateway.client_gateway import BODY
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.gateway.signed_calls import MEDIA, SOAP_11, envelope, outcome, status_call
from tests.support.ward import NUMBER


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway of a hub that takes nothing any more."""
    with open_partner_gateway(tmp_path) as opened:
        opened.ward.intake.close()
        yield opened


def test_a_device_keeps_its_message_for_later(gateway: PartnerGateway) -> None:
    """503, as of a database that is away."""
    headers = {"Authorization": "Bearer in-token"}
    reply = urllib3.request(
        "POST", f"{gateway.url}/messages", body=BODY, headers=headers, retries=False
    )
    assert (reply.status, reply.json()["code"]) == (503, "hub_stopping")
    assert reply.headers["Retry-After"]


def test_a_partner_is_told_to_call_again(gateway: PartnerGateway) -> None:
    """By REST with the status, by SOAP with the fault; both say when."""
    rest = gateway.call("GET", f"/v1/dossiers/{NUMBER}")
    assert (rest.status, rest.json()["code"]) == (503, "hub_stopping")
    soap = gateway.call("POST", "/soap", envelope(status_call()), Content_Type=MEDIA[SOAP_11])
    assert outcome(soap) == (503, "hub_stopping")
    assert rest.headers["Retry-After"] == soap.headers["Retry-After"]
