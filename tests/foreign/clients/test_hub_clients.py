"""Foreign SOAP clients at the hub's gateway: made of its served WSDL, without a line of ours."""

import base64
import json
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.foreign.programs import PARTNERS, node, npm_soap, php_with_soap
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import BIRTH, NUMBER, Ward, reception

pytestmark = pytest.mark.timeout(120)


def npm() -> Sequence[str]:
    """Return the command of the client on npm `soap`; raises MissingProgram."""
    npm_soap()
    return [node(), str(PARTNERS / "hub-client.cjs")]


def php() -> Sequence[str]:
    """Return the command of the client on PHP's SoapClient; raises MissingProgram."""
    return [php_with_soap(), str(PARTNERS / "php/hub-client.php")]


@contextmanager
def handling(ward: Ward) -> Iterator[None]:
    """Have the ward handle what comes in, for the length of the block."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            ward.settle()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run(command: Sequence[str], gateway: PartnerGateway, version: str) -> dict[str, Any]:
    """Run a client to its end and return what its calls gave."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HUB": gateway.url,
        "KEY": gateway.key,
        "NUMBER": NUMBER,
        "PROCEDURE": BIRTH,
        "COMPONENTS": json.dumps([one.code for one in reception().components]),
        "VERSION": version,
        "NODE_PATH": str(Path(__file__).parents[3] / "var/foreign/node_modules"),
    }
    done = subprocess.run(
        command, env=environment, capture_output=True, timeout=90, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("client", [npm, php], ids=lambda it: it.__name__)
def test_a_client_made_of_the_served_contract_calls_every_operation(
    client: Any, version: str, tmp_path: Path
) -> None:
    """Each reply and the fault come out as the stack's own values."""
    command = client()
    with open_partner_gateway(tmp_path) as gateway, handling(gateway.ward):
        given = run(command, gateway, version)
    assert given["taken"]["maHoSo"] == NUMBER
    assert given["again"] == given["result"]
    steps = given["found"]["tienTrinh"]
    assert [int(step["trangThai"]) for step in steps] == [1, 2, 2, 6, 5, 9]
    assert all(step["daApDung"] for step in steps)
    assert "Giấy thứ nhất; Giấy thứ hai" in steps[4]["noiDungXuLy"]
    assert base64.b64decode(given["file"]["noiDung"]) == b"ket qua"
    assert [one["maHoSo"] for one in as_list(given["list"]["hoSo"])] == [NUMBER]
    assert given["fault"]["ma"] == "dossier_unknown"


def as_list(value: Any) -> list[Any]:
    """Return the repeated values of a stack that gives one as it is."""
    return value if isinstance(value, list) else [value]
