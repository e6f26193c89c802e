"""Foreign clients of tus upload through a line that is cut, and lose nothing."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.foreign.clients.cutting_line import CuttingLine
from tests.foreign.programs import PARTNERS, node, npm_package
from tests.support.files import sample_files as made
from tests.support.files.checked_files import check_contents
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway

MIB = 1024 * 1024
CUTS = 3
pytestmark = pytest.mark.timeout(120)


def tus_js() -> Sequence[str]:
    """Return the command of the client on tus-js-client; raises MissingProgram."""
    npm_package("tus-js-client")
    return [node(), str(PARTNERS / "tus-upload.cjs")]


def tuspy() -> Sequence[str]:
    """Return the command of the client on tuspy."""
    return [sys.executable, str(PARTNERS / "tus_upload.py")]


@pytest.mark.parametrize(
    ("client", "settings"),
    [
        (tus_js, {}),
        (tus_js, {"AT_ONCE": "1"}),
        (tus_js, {"CHUNK": str(3 * MIB)}),
        (tuspy, {"CHUNK": str(4 * MIB)}),
    ],
    ids=["tus-js", "tus-js with the creation", "tus-js in chunks", "tuspy with checksums"],
)
def test_a_foreign_client_goes_on_where_the_line_was_cut(
    client: object, settings: dict[str, str], tmp_path: Path
) -> None:
    """The stored file is the client's, byte for byte, after three cuts."""
    assert callable(client)
    command = client()
    content = made.pdf("a long file", pad=10 * MIB)
    place = tmp_path / "file.pdf"
    place.write_bytes(content)
    with open_partner_gateway(tmp_path) as gateway:
        gateway.ward.files.limit = 20 * MIB
        check_contents(gateway.ward)
        port = urlsplit(gateway.url).port
        assert port
        with CuttingLine(port, after=2 * MIB, cuts=CUTS) as line:
            told = run(command, gateway, line.port, settings | {"FILE": str(place)})
            assert line.left == 0
        path = urlsplit(told["url"]).path
        stored = json.loads(gateway.call("GET", path).data)
        sha256 = hashlib.sha256(content).hexdigest()
        assert stored["maBamTep"] == told.get("sha256", sha256) == sha256
        assert gateway.ward.files.path(sha256).read_bytes() == content


def run(
    command: Sequence[str], gateway: PartnerGateway, port: int, settings: dict[str, str]
) -> dict[str, str]:
    """Run a client to its end, over the line at a port; return what it says."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HUB": f"http://127.0.0.1:{port}",
        "KEY": gateway.key,
        "NODE_PATH": str(Path(__file__).parents[3] / "var/foreign/node_modules"),
    }
    done = subprocess.run(
        command,
        env=environment | settings,
        capture_output=True,
        timeout=90,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found
