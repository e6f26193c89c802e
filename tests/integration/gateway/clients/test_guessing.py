"""Guessing of tokens, and floods of refused requests: cheap, bounded in audit and log, and others
are served meanwhile.
"""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.runtime import telemetry
from tests.integration.gateway.connections.test_abuse import FLAT, Meanwhile, memory
from tests.integration.gateway.v1.test_rest_operations import DOSSIER
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import reception

GUESSES = 2_000
LINES = 16


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over a ward with one dossier."""
    with open_partner_gateway(tmp_path) as opened:
        opened.ward.accept(reception())
        yield opened


def guess(gateway: PartnerGateway, path: str, token: str, count: int) -> list[int]:
    """Try tokens on one kept line, as fast as they are answered; return the statuses."""
    line = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=60)
    found = []
    for n in range(count):
        line.request("GET", path, headers={"Authorization": f"Bearer {token}{n}"})
        reply = line.getresponse()
        reply.read()
        found.append(reply.status)
    line.close()
    return found


@pytest.mark.parametrize("form", ["hub_abcdefgh_", "x"], ids=["of a key's form", "of any form"])
def test_guessing_finds_nothing_fills_nothing_and_stops_nobody(
    gateway: PartnerGateway, tmp_path: Path, form: str
) -> None:
    """Each guess is 401; the audit has a few rows, the log a few lines, another client its
    answers. The rate is printed, not promised.
    """
    place = tmp_path / "log"
    guess(gateway, DOSSIER, form, LINES)
    before = memory()
    with (
        telemetry.logging_to(place),
        ThreadPoolExecutor(LINES) as pool,
        Meanwhile(gateway) as other,
    ):
        began = time.monotonic()
        given = pool.map(
            lambda n: guess(gateway, DOSSIER, f"{form}{n}", GUESSES // LINES), range(LINES)
        )
        statuses = [status for found in given for status in found]
        passed = time.monotonic() - began
    print(f"{GUESSES / passed:,.0f} guesses/s; {other.served} calls of another client served")
    assert set(statuses) == {401}
    assert other.refused == []
    with gateway.ward.store.read() as tx:
        denied = "SELECT count(*) FROM audit WHERE NOT allowed"
        assert tx.exec_driver_sql(denied).scalar_one() < 10
    written = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    assert len(written) < 100
    assert memory() - before < FLAT


def test_a_flood_of_broken_requests_writes_few_lines(
    gateway: PartnerGateway, tmp_path: Path
) -> None:
    """Nobody outside decides how fast the disk fills."""
    place = tmp_path / "log"

    def flood(_: int) -> None:
        for _ in range(40):
            line = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=60)
            line.request("GET", "/a%2fb")
            assert line.getresponse().status == 400
            line.close()

    with telemetry.logging_to(place), ThreadPoolExecutor(LINES) as pool:
        list(pool.map(flood, range(LINES)))
    text = place.read_text(encoding="utf-8")
    assert 0 < len(text.splitlines()) < 100
