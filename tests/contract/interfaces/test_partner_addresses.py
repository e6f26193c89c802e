"""Where each operation is called: the profile, the partner's URL, its WSDL; at several hosts."""

import dataclasses
from pathlib import Path

import pytest

from adapters.provincial import profile as province_profile
from adapters.provincial.destination import ProvincialDestination
from adapters.provincial.protocol.protocol import Operation
from adapters.town_center import profile as town_profile
from adapters.town_center.destination import TownCenter
from adapters.wire.connections.addresses import resolve
from adapters.wire.profile import ProfileBroken
from hub.rules.failures.errors import AmbiguousFailure, PermanentFailure
from tests.support.partners import town as towns
from tests.support.partners.province import dossier, request_for, settings_for, start_province, step
from tests.support.partners.rewriting import Answer, Call, rewriting
from tests.support.partners.town import message_of, start_town, transfer

NUMBER = "000.99.01.H57-180726-00001"
WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"><service name="S"><port name="P" binding="b">
  <soap:address location="http://may-trong:8080{path}"/></port></service></definitions>"""


def with_own(folder: Path, text: str) -> Path:
    """Return a profile file with this text."""
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def soap_address(url: str, own: Path | None = None) -> str:
    """Return where the province is asked for a dossier by SOAP."""
    profile = province_profile.load(own).profile
    return settings_for(url, profile=profile).address(Operation.LOOK_UP)


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("", "https://p.example/api"),
        ("x/y", "https://p.example/api/x/y"),
        ("/x", "https://p.example/x"),
        ("https://other.example:8243/x?a=1", "https://other.example:8243/x?a=1"),
    ],
)
def test_an_address_is_found_from_the_partners_url(address: str, whole: str) -> None:
    """As it is, at the host, or behind the URL."""
    assert resolve("https://p.example/api", address) == whole


def test_soap_goes_to_the_profile_then_the_url_then_the_wsdl(tmp_path: Path) -> None:
    """`/soap` is never appended to an address that somebody wrote."""
    (tmp_path / "their.wsdl").write_text(WSDL.format(path="/dvc/HoSo.asmx"))
    wsdl = with_own(tmp_path, '[addresses]\nwsdl = "their.wsdl"\n')
    assert soap_address("https://p.example") == "https://p.example/soap"
    assert soap_address("https://p.example/dvc/Service.asmx") == (
        "https://p.example/dvc/Service.asmx"
    )
    assert soap_address("https://p.example", wsdl) == "https://p.example/dvc/HoSo.asmx"
    assert soap_address("https://p.example/x", wsdl) == "https://p.example/x"
    own = with_own(tmp_path, '[addresses.soap]\nevery = "/a"\nTraCuuHoSo = "/b"\n')
    assert soap_address("https://p.example/x", own) == "https://p.example/b"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<definitions/>", "no soap:address"),
        ("<definitions>", "no XML"),
        (WSDL.format(path="/a").replace("</port>", "</port>" + WSDL.format(path="/b")), "several"),
    ],
)
def test_a_wsdl_without_one_address_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """At the start, with file, line and key."""
    (tmp_path / "their.wsdl").write_text(text)
    own = with_own(tmp_path, '[addresses]\nwsdl = "their.wsdl"\n')
    with pytest.raises(ProfileBroken, match=f"own.toml:2: addresses.wsdl: read .*{told}"):
        province_profile.load(own)


@pytest.mark.parametrize("mode", ["soap", "rest"])
def test_the_province_is_called_where_the_profile_says(tmp_path: Path, mode: str) -> None:
    """The login at another host, the rest at an address of its own."""
    with start_province(tmp_path / "p") as province, rewriting(province.url) as gateway:
        paths = {"soap": ("/soap", "/soap"), "rest": ("/mapi/login", "/mapi/g")}[mode]

        def before(call: Call) -> Answer | None:
            if call.path != "/dvc/Service.asmx":
                return Answer(404)
            return gateway.forward(dataclasses.replace(call, path=paths[1]))

        gateway.before = before
        own = with_own(
            tmp_path,
            f'[addresses.{mode}]\nevery = "/dvc/Service.asmx"\n'
            f'DangNhap = "{province.url}{paths[0]}"\n',
        )
        profile = province_profile.load(own).profile
        found = ProvincialDestination(settings_for(gateway.url, mode=mode, profile=profile))
        found.send(request_for(found, dossier(NUMBER)))
        found.close()
        assert {call.path for call in gateway.calls} == {"/dvc/Service.asmx"}
        assert len(province.effects(dossier=NUMBER)) == 1


def test_the_town_is_called_where_the_profile_says(tmp_path: Path) -> None:
    """Its token at another host, a path with the number in the middle."""
    with start_town(tmp_path / "t", "http://127.0.0.1:1") as town, rewriting(town.url) as gateway:

        def before(call: Call) -> Answer | None:
            if not call.path.startswith("/api/v2/"):
                return Answer(404)
            path = call.path.removeprefix("/api/v2").replace("/chi-tiet", "")
            return gateway.forward(dataclasses.replace(call, path=path))

        gateway.before = before
        own = with_own(
            tmp_path,
            f'[addresses.rest]\ntoken = "{town.url}/token"\nTiepNhanHoSo = "v2/ho-so"\n'
            'TraCuuHoSo = "v2/ho-so/{number}/chi-tiet"\n',
        )
        profile = town_profile.load(own).profile
        settings = towns.settings_for(f"{gateway.url}/api", "http://127.0.0.1:1", profile=profile)
        found = TownCenter(settings)
        payload = transfer(NUMBER)
        request = found.prepare(message_of(payload), payload)
        found.send(request)
        found.find(request)
        found.close()
        assert [call.path for call in gateway.calls] == [
            "/api/v2/ho-so",
            f"/api/v2/ho-so/{NUMBER}/chi-tiet",
        ]


def test_what_the_province_does_not_have_is_not_called(tmp_path: Path) -> None:
    """Told to a person with the profile's key, before anything is sent."""
    own = with_own(
        tmp_path,
        '[unsupported]\noperations = ["CapNhatTienDoHoSoMC", "LayThuTuc", "TraCuuHoSo"]\n',
    )
    profile = province_profile.load(own).profile
    with start_province(tmp_path / "p") as province, rewriting(province.url) as gateway:
        found = ProvincialDestination(settings_for(gateway.url, profile=profile))
        assert not found.traits.findable
        with pytest.raises(PermanentFailure, match=r"mapping_missing: .*unsupported\.operations"):
            request_for(found, step(NUMBER))
        with pytest.raises(PermanentFailure, match="mapping_missing"):
            found.procedure_name("1.001193")
        assert gateway.calls == []
        request = request_for(found, dossier(NUMBER))
        found.send(request)
        with pytest.raises(AmbiguousFailure, match="no look-up"):
            found.send(request)
        found.close()


def test_without_an_echo_each_connection_carries_one_call(tmp_path: Path) -> None:
    """A partner that gives no mark back: the setting for both partners is the profile."""
    profile = town_profile.load(with_own(tmp_path, '[echo]\nheader = ""\n')).profile
    with start_town(tmp_path / "t", "http://127.0.0.1:1") as town, rewriting(town.url) as gateway:
        settings = towns.settings_for(gateway.url, "http://127.0.0.1:1", profile=profile)
        found = TownCenter(settings)
        found.ping()
        found.ping()
        found.close()
    assert all("x-request-id" not in call.headers for call in gateway.calls)
