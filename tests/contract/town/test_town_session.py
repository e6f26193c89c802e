"""The hub's standing with the town: one login at a time, renewed in time; files come whole."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.town_center.session import TownSession
from adapters.wire.download import download
from adapters.wire.http import Limits
from hub.rules.failures.errors import TransientFailure
from tests.support.partners.town import settings_for, start_town

HUB = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    place: Path = tmp_path_factory.mktemp("town")
    with start_town(place, HUB, "--token-seconds", "100") as found:
        yield found


def test_many_threads_share_one_login(town: SimulatorProcess) -> None:
    """Eight deliveries that start together log in once, not eight times."""
    session = TownSession(settings_for(town.url, HUB))
    together = threading.Barrier(8)

    def work() -> str:
        together.wait()
        return session.token()

    with ThreadPoolExecutor(8) as pool:
        tokens = {future.result() for future in [pool.submit(work) for _ in range(8)]}
    assert len(tokens) == 1
    session.close()


def test_a_token_is_renewed_before_it_runs_out(town: SimulatorProcess) -> None:
    """It must not run out on the way to the town."""
    now = [1000.0]
    session = TownSession(settings_for(town.url, HUB), clock=lambda: now[0])
    first = session.token()
    now[0] += 89
    assert session.token() == first
    now[0] += 2
    assert session.token() != first
    session.close()


def test_a_refused_token_is_replaced_once_for_all(town: SimulatorProcess) -> None:
    """Who comes late with the same old token gets the one that another already fetched."""
    session = TownSession(settings_for(town.url, HUB))
    old = session.token()
    new = session.token(instead_of=old)
    assert new != old
    assert session.token(instead_of=old) == new
    session.close()


def test_a_town_that_does_not_answer_fails_all_who_wait(town: SimulatorProcess) -> None:
    """Everybody learns it as a login that may be tried again; nobody hangs."""
    session = TownSession(settings_for(town.url, HUB))
    town.set_faults([Fault(kind=FaultKind.SERVER_ERROR, operations=("token",))])
    try:
        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(session.token) for _ in range(8)]:
                with pytest.raises(TransientFailure, match="partner_login"):
                    future.result()
    finally:
        town.clear_faults()
    assert session.token()
    session.close()


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly some",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
    ],
    ids=["length", "chunked"],
)
def test_half_a_file_is_not_a_file(reply: bytes) -> None:
    """A line that breaks while a file is pulled is a failure, never a short file."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        limits = Limits(reply_timeout=timedelta(seconds=20))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with download(url, "/file", {}, limits, limit=1000) as stream:
            assert stream.status == 200
            with pytest.raises(TransientFailure):
                while stream.read(65_536):
                    pass
        thread.join()
