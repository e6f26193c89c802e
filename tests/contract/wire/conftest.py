"""Fixtures of connections: an authority, a partner's certificate, trust in it, and a proxy."""

from collections.abc import Iterator

import pytest

from adapters.wire.profile import Tls
from hub.runtime import watched_files
from tests.support.network.certificates import Authority, Pair
from tests.support.network.tls_server import (
    HttpProxy,
    http_proxy,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def good(authority: Authority) -> Pair:
    return authority.pair("partner")


@pytest.fixture
def trusting(authority: Authority) -> Tls:
    return Tls(ca_file=str(authority.root))


@pytest.fixture
def proxy() -> Iterator[HttpProxy]:
    with http_proxy() as found:
        yield found


@pytest.fixture
def checked_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are checked for each connection, not once a second."""
    monkeypatch.setattr(watched_files, "CHECK_EACH", 0)
