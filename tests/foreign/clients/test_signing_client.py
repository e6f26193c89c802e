"""npm `soap` signs its calls by X.509 and sends them by MTOM: a client made of the served WSDL."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.foreign.programs import PARTNERS, node, npm_soap
from tests.integration.gateway.soap.test_soap_bodies import stored
from tests.support.gateway.clients import add_certificate_client
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.network.certificates import Authority, Pair
from tests.support.ward import BIRTH, NUMBER, reception
from tests.support.works import now

FILE = b"%PDF-1.4 goi ky so"

pytestmark = pytest.mark.timeout(120)


def run(gateway: PartnerGateway, pair: Pair) -> dict[str, Any]:
    """Run the client to its end; return what its calls gave."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HUB": gateway.url,
        "PRIVATE_KEY": str(pair.key),
        "CERTIFICATE": str(pair.certificate),
        "NUMBER": NUMBER,
        "PROCEDURE": BIRTH,
        "COMPONENTS": json.dumps([one.code for one in reception().components]),
        "NODE_PATH": npm_soap(),
    }
    done = subprocess.run(
        [node(), str(PARTNERS / "signing-client.cjs")],
        env=environment,
        capture_output=True,
        timeout=90,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    given: dict[str, Any] = json.loads(done.stdout)
    return given


def test_a_foreign_client_signs_and_sends_mtom(tmp_path: Path) -> None:
    """Its signature proves it, its file is stored; one over the reference to a file is refused."""
    key = rsa.generate_private_key(65537, 2048)
    pair = Authority(tmp_path).pair("signer", key=key)
    with open_partner_gateway(tmp_path) as gateway:
        add_certificate_client(gateway.ward.store, pair, must_sign=True, now=now())
        given = run(gateway, pair)
        assert given["taken"]["maHoSo"] == NUMBER
        assert stored(gateway) == {FILE}
    assert given["fault"]["ma"] == "signature_wrong"
