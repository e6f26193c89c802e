"""One hub for the tests of a file; a file whose tests each need a hub of their own says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the hub of these tests keeps its things."""
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def gateway(directory: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward."""
    with open_partner_gateway(directory) as opened:
        yield opened
