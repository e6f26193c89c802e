"""Debian's snmpd serves a photocopier, and the check reads it by SNMP v2c and v3."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.devices.photocopier import printer_mib, snmp
from adapters.devices.photocopier.agent import SnmpAgent as DrillAgent
from adapters.devices.photocopier.health import Photocopier
from adapters.devices.photocopier.simulator import DOWN, Rows, photocopier
from hub.drill.sandbox.programs import MissingProgram
from tests.support.devices import snmp_agent
from tests.support.devices.snmp_agent import SnmpAgent
from tests.support.services import missing

ROOT = (1, 3, 6, 1, 2, 1, 43, 8, 2, 1, 10)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnmpAgent]:
    """One agent for every test; each serves its own values first."""
    try:
        with snmp_agent.snmp_agent(tmp_path_factory.mktemp("snmp")) as running:
            yield running
    except MissingProgram as program:
        missing(program)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no silence: the agent starts its program at the first call."""
    monkeypatch.setattr(snmp, "REPLY_TIMEOUT", timedelta(seconds=15))


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """No reply is expected."""
    monkeypatch.setattr(snmp, "REPLY_TIMEOUT", timedelta(seconds=0.5))
    monkeypatch.setattr(snmp, "RETRIES", 0)


def codes(device: Photocopier) -> list[str]:
    """Return the codes of a check's findings."""
    return sorted(it.code for it in device.check())


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (photocopier(trays=(0, 500)), ["copier_tray_empty"]),
        (photocopier(trays=(0, 0), toner=7), ["copier_paper_out", "copier_toner_low"]),
        (photocopier(status=DOWN, errors=b"\x14\0"), ["copier_jammed", "copier_toner_out"]),
        (photocopier(alerts=((3, 808), (4, 30_000))), ["copier_tray_empty", "copier_warns"]),
        (photocopier(trays=(900, -7)), ["copier_reply_impossible"]),
    ],
)
def test_what_it_serves_is_what_is_found(agent: SnmpAgent, rows: Rows, expected: list[str]) -> None:
    """Trays, toner, error bits and alerts, over a foreign agent."""
    agent.serve(rows)
    assert codes(agent.device()) == expected


def test_the_photocopier_of_a_drill_answers_as_snmpd_does(agent: SnmpAgent) -> None:
    """The same values, and the same silence for another community."""
    rows = photocopier(trays=(0, 500), alerts=((3, 808),))
    agent.serve(rows)
    with DrillAgent(rows, snmp_agent.COMMUNITY) as played:
        login = snmp.SnmpLogin(community=snmp_agent.COMMUNITY)
        read = [
            snmp.read_columns(it, login, printer_mib.COLUMNS)
            for it in (agent.address, played.address)
        ]
        assert read[0] == read[1] != {}
        assert played.answer(b"\x30\x03 no packet") == b""


def test_a_page_counter_and_trays_are_told_beside_the_findings(agent: SnmpAgent) -> None:
    """By the last check; nothing is told of a device that did not answer."""
    device = agent.device()
    assert device.figures() == ()
    agent.serve(photocopier(pages=77, trays=(350, -3), toner=-2))
    device.check()
    assert [(it.kind, it.level, it.capacity) for it in device.figures()] == [
        ("pages", 77, 0),
        ("tray", 350, 500),
        ("tray", -3, 500),
        ("supply", -2, 100),
    ]
    agent.serve({})
    device.check()
    assert device.figures() == ()


def test_a_counter_that_goes_back_is_a_finding_with_both_counts(agent: SnmpAgent) -> None:
    """The same device is asked again and again, as the hub does."""
    device = agent.device()
    agent.serve(photocopier(pages=5_000))
    assert codes(device) == []
    agent.serve(photocopier(pages=12))
    (finding,) = device.check()
    assert (finding.code, finding.evidence) == ("copier_counter_back", "5000 -> 12")


@pytest.mark.usefixtures("silence")
def test_a_wrong_community_is_silence_and_the_finding_shows_no_secret(agent: SnmpAgent) -> None:
    """SNMP v2c does not refuse; the text says that this may be the cause."""
    (finding,) = agent.device("khong-dung").check()
    assert finding.code == "copier_no_answer"
    assert "community" in finding.text.en
    assert "khong-dung" not in finding.evidence


@pytest.mark.parametrize(
    ("user", "password", "privacy", "expected"),
    [
        (snmp_agent.USER, snmp_agent.PASSWORD, snmp_agent.PRIVACY, []),
        ("nobody", snmp_agent.PASSWORD, snmp_agent.PRIVACY, ["copier_refuses"]),
        (snmp_agent.USER, "khong-dung-snmp", snmp_agent.PRIVACY, ["copier_refuses"]),
        (snmp_agent.USER, snmp_agent.PASSWORD, "", ["copier_refuses"]),
        (snmp_agent.USER, "ngan", "", ["copier_secret_unusable"]),
    ],
)
def test_version_3_signs_and_encrypts_and_says_what_is_wrong(
    agent: SnmpAgent, user: str, password: str, privacy: str, expected: list[str]
) -> None:
    """The agent lets this user read only when the reply is encrypted."""
    agent.serve(photocopier())
    device = Photocopier(
        name="photocopier-1",
        address=agent.address,
        user=user,
        password_file=agent.file(password),
        privacy_password_file=agent.file(privacy) if privacy else "",
    )
    found = device.check()
    assert [it.code for it in found] == expected
    assert all(password not in it.evidence.replace(agent.file(password), "") for it in found)


def test_a_device_without_the_printer_mib_is_no_photocopier(agent: SnmpAgent) -> None:
    """As a switch or a server at a wrong address."""
    agent.serve({})
    assert codes(agent.device()) == ["copier_no_printer_mib"]


def test_a_missing_or_unusable_secret_is_named_before_a_call(tmp_path: Path) -> None:
    """No file, an empty one, and none named."""
    empty = tmp_path / "empty"
    empty.write_bytes(b"\n")
    for file in (str(tmp_path / "none"), str(empty), ""):
        device = Photocopier(name="a", address="snmp://127.0.0.1:9", community_file=file)
        assert codes(device) == ["copier_secret_unusable"]


@pytest.mark.usefixtures("silence")
def test_replies_that_are_no_snmp_end_within_the_time(agent: SnmpAgent) -> None:
    """What answers at the port is something else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]

        def answer() -> None:
            _, sender = other.recvfrom(65_535)
            other.sendto(b"\x30\x84\xff\xff\xff\xff" + b"\0" * 2_000, sender)

        thread = threading.Thread(target=answer)
        thread.start()
        file = agent.file(snmp_agent.COMMUNITY)
        address = f"snmp://127.0.0.1:{port}"
        found = codes(Photocopier(name="a", address=address, community_file=file))
        thread.join()
    assert found in (["copier_no_answer"], ["copier_reply_impossible"])


@pytest.mark.parametrize("step", [0, 1])
def test_a_device_whose_rows_never_end_is_cut(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """One that repeats a row, and one that always has another."""

    async def endless(
        _engine: object, _login: object, _target: object, after: snmp.Oid
    ) -> list[tuple[snmp.Oid, int | bytes | None]]:
        last = after[len(ROOT)] if len(after) > len(ROOT) else 0
        return [((*ROOT, last + step), 1)]

    monkeypatch.setattr(snmp, "_next_rows", endless)
    with pytest.raises(snmp.WrongReply, match="not in order" if step == 0 else "rows"):
        snmp.read_columns("snmp://127.0.0.1", snmp.SnmpLogin(community="x"), [ROOT])
