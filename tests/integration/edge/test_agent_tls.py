"""The agent's line by TLS: the ward's own authority, the hub's own name, and never in the clear."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.bootstrap.edge import make_line
from hub.edge.credential import Credential
from hub.edge.line import HubAway
from hub.gateway.connections.tls import ServerContext, TlsFiles
from hub.operations.edge import enrolling
from hub.rules.edge import protocol
from hub.rules.edge.protocol import Enrolled, Enrolment
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway
from tests.support.gateway.edge_agent import signed
from tests.support.network.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The ward's own authority."""
    return Authority(tmp_path_factory.mktemp("authority"))


def serve(tmp_path: Path, store: Store, authority: Authority, host: str) -> Gateway:
    """Return a gateway whose certificate is for `host`."""
    pair = authority.pair(f"hub-{host}", host=host)
    tls = ServerContext(TlsFiles(pair.certificate, pair.key, None))
    return Gateway(tmp_path / "hub", store, tls=tls)


@pytest.fixture
def gateway(tmp_path: Path, sqlite_store: Store, authority: Authority) -> Iterator[Gateway]:
    """A gateway of its right name."""
    made = serve(tmp_path, sqlite_store, authority, "127.0.0.1")
    yield made
    made.stop()


def enrol(gateway: Gateway, url: str, roots: Path | str) -> Enrolled:
    """Enrol over a line that believes some roots."""
    code = enrolling.add(gateway.store, "quay-2", by=signed())
    line = make_line(Credential(url=url, agent="", key="", ca_file=str(roots)))
    return line.request(protocol.ENROL, Enrolment(code=code.text), Enrolled)


def test_an_agent_believes_the_authority_of_its_file(
    gateway: Gateway, authority: Authority
) -> None:
    """Only that one: another authority, and those of the system, are not believed."""
    assert enrol(gateway, gateway.url, authority.root).agent == "quay-2"
    other = Authority(authority.place / "other").root
    for roots in (other, ""):
        with pytest.raises(HubAway, match="certificate"):
            enrol(gateway, gateway.url, roots)


def test_a_certificate_for_another_name_is_refused(
    tmp_path: Path, sqlite_store: Store, authority: Authority
) -> None:
    """Signed by the right authority, for another machine: neither code nor key is sent."""
    made = serve(tmp_path, sqlite_store, authority, "127.0.0.2")
    with pytest.raises(HubAway, match="certificate"):
        enrol(made, made.url, authority.root)
    made.stop()
    assert [it for it in made.audited() if "edge" in it[1]] == []


@pytest.mark.parametrize("url", ["http://192.0.2.1:8080", "http://hub.ward.example", "ftp://x", ""])
def test_nothing_goes_in_the_clear_but_to_this_machine(url: str) -> None:
    """Neither at enrolment nor later: a file that was edited is refused where it is used."""
    with pytest.raises(ValueError, match="https"):
        make_line(Credential(url=url, agent="quay-2", key="k"))


def test_plain_text_is_a_decision_that_is_written_down(tmp_path: Path) -> None:
    """By `--plain-http`, for a line that is protected otherwise; loopback needs none."""
    make_line(Credential(url="http://192.0.2.1", agent="quay-2", key="k", plain_http=True))
    make_line(Credential(url="http://127.0.0.1:8080", agent="quay-2", key="k"))
    hub = (sys.executable, "-c", "import hub.cli; hub.cli.main()", "edge", "enroll")
    told = subprocess.run(
        [*hub, "http://192.0.2.1", "aaaa-bbbb-cccc", "--directory", str(tmp_path / "edge")],
        env={"PATH": "/usr/bin:/bin", "HUB_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 2
    assert "is not https://" in told.stdout + told.stderr
    assert not (tmp_path / "edge").exists()
