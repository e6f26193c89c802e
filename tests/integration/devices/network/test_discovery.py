"""The search for devices, against peers on the loopback network."""

import ipaddress
import socket
import time
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner
from zeroconf import IPVersion, ServiceInfo, Zeroconf

from adapters.devices.discovery import browsing, probing
from adapters.devices.discovery.answers import SearchUnavailable
from adapters.devices.discovery.probing import probe_network
from adapters.devices.photocopier.identifying import identify
from hub.cli import app
from hub.drill.sandbox.programs import MissingProgram
from tests.support.devices import snmp_agent
from tests.support.devices.probed_camera import ProbedCamera
from tests.support.services import missing

SHORTLY = timedelta(seconds=0.4)
"""Peers of this machine answer in milliseconds; whoever is silent is waited for so long."""
HERE = ipaddress.ip_address("127.0.0.1")
BOMB = b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><s:Envelope xmlns:s="x">&c;</s:Envelope>'


@pytest.fixture
def announced() -> Iterator[Zeroconf]:
    """A printer, a scanner with hostile words and one with a foreign address, by zeroconf."""
    network = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    evil = {"rs": 'eSCL"\n[evil]', "ty": "\x1b[31mred", "note": '"\n[evil]'}
    services = [
        ("_ipp._tcp", "127.0.0.1", 8631, {"rp": "ipp/print", "ty": "May in", "note": "quầy 1"}),
        ("_uscan._tcp", "127.0.0.1", 8632, {**evil, "x": "x" * 250}),
        ("_uscan._tcp", "127.0.0.1", 8633, {**evil, "rs": "eSCL"}),
        ("_ipps._tcp", "1.1.1.1", 631, {"rp": "ipp/print"}),
    ]
    for number, (kind, host, port, told) in enumerate(services):
        name = f"hub-test-{number}.{kind}.local."
        info = ServiceInfo(
            f"{kind}.local.",
            name,
            addresses=[socket.inet_aton(host)],
            port=port,
            properties=told,
            server=f"hub-test-{number}.local.",
        )
        network.register_service(info, cooperating_responders=True)
    yield network
    network.close()


@pytest.mark.usefixtures("announced")
def test_an_officer_gets_tables_to_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed as TOML, with what is known already; what cannot be asked is said beside it."""
    devices = tmp_path / "devices.toml"
    devices.write_text('[cu]\nkind = "printer"\naddress = "ipp://127.0.0.1:8631/ipp"\n')
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_DEVICES_FILE", str(devices))
    before = devices.read_bytes()
    with ProbedCamera("http://127.0.0.1:8634/onvif/device_service"):
        done = CliRunner().invoke(app, ["devices", "discover", "--seconds", "2"])
    assert done.exit_code == 0, done.output
    tables = tomllib.loads(done.stdout)
    ours = [it for it in tables.values() if it["address"].rpartition(":")[2][:2] == "86"]
    assert {it["kind"]: it["address"] for it in ours} == {
        "escl_scanner": "http://127.0.0.1:8633/eSCL",
        "camera": "http://127.0.0.1:8634/onvif/device_service",
    }
    assert "evil" not in tables
    assert "\x1b" not in done.stdout
    assert "# cu is in the file of devices already" in done.stdout
    assert "SNMP asks only addresses that you name" in done.stderr
    assert "answers could not be used" in done.stderr
    assert devices.read_bytes() == before


@pytest.mark.parametrize(
    "answer",
    [
        BOMB,
        b"\0" * 60_000,
        b"<s:Envelope>",
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>',
    ],
)
def test_an_answer_that_is_none_is_counted_and_used_for_nothing(answer: bytes) -> None:
    """An entity bomb, too many bytes, half a document, and one that answers no probe of ours."""
    with ProbedCamera("http://127.0.0.1/onvif", answer=answer):
        answers = probe_network(SHORTLY)
    assert answers.found == []
    assert answers.unusable > 0


def test_a_camera_that_names_another_host_is_not_believed() -> None:
    """Nor one that names its own with a name of its own choice in front of it."""
    for place in ("http://192.0.2.1/onvif", "http://127.0.0.1@192.0.2.1/onvif", "file:///etc"):
        with ProbedCamera(place):
            assert probe_network(SHORTLY).found == []


def test_a_search_ends_in_time_however_much_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """And with so many devices at most."""
    monkeypatch.setattr(probing, "MOST", 1)
    begun = time.monotonic()
    with ProbedCamera("http://127.0.0.1/onvif/device_service"):
        assert len(probe_network(timedelta(seconds=30)).found) == 1
    assert time.monotonic() - begun < 10


def test_a_search_without_zeroconf_says_which_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other ways are asked all the same."""
    monkeypatch.setitem(__import__("sys").modules, "zeroconf", None)
    with pytest.raises(SearchUnavailable, match="extra discover"):
        browsing.browse(SHORTLY)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[snmp_agent.SnmpAgent]:
    """Debian's snmpd with a photocopier."""
    try:
        with snmp_agent.snmp_agent(tmp_path_factory.mktemp("snmp")) as running:
            yield running
    except MissingProgram as program:
        missing(program)


def test_a_photocopier_is_found_by_snmp_with_its_model(agent: snmp_agent.SnmpAgent) -> None:
    """The addresses beside it are silent; a wrong community cannot be told from that."""
    port = int(agent.address.rpartition(":")[2])
    within = timedelta(seconds=4)
    hosts = [HERE, ipaddress.ip_address("127.0.0.2")]
    answers = identify(hosts, snmp_agent.COMMUNITY, within, port=port, community_file="/etc/c")
    (found,) = answers.found
    assert (found.kind, found.address) == ("photocopier", f"snmp://127.0.0.1:{port}")
    assert found.model
    assert found.community_file == "/etc/c"
    assert answers.silent == 1
    assert identify([HERE], "khong-dung", SHORTLY, port=port).silent == 1


@pytest.mark.parametrize("network", ["192.0.2.0/23", "nothing", "192.0.2.0/33"])
def test_a_network_that_is_too_large_or_none_is_refused(network: str, tmp_path: Path) -> None:
    """Nobody is asked."""
    done = CliRunner().invoke(
        app,
        ["devices", "discover", "--network", network],
        env={"HUB_DATA_DIR": str(tmp_path)},
    )
    assert done.exit_code == 2
    assert "at most 256 addresses" in done.output
