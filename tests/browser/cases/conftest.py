"""One drill for all stories, and the list of what each case took."""

import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from hub.drill.sandbox.postgres_node import PrivatePostgres
from tests.browser.cases.ward import Ward, ward
from tests.support.services import RabbitService


@pytest.fixture(scope="package")
def at(
    chromium: Browser,
    postgres_server: PrivatePostgres,
    migrated_template: str,
    rabbit: RabbitService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ward]:
    """The ward at which the stories happen."""
    name = f"cases_{secrets.token_hex(4)}"
    database_url = postgres_server.create_database(name, template=migrated_template)
    with (
        rabbit.own_vhost() as broker_url,
        ward(
            chromium,
            tmp_path_factory.mktemp("ward"),
            database_url=database_url,
            broker_url=broker_url,
            management_url=rabbit.management_url,
        ) as made,
    ):
        yield made
    postgres_server.drop_database(name)
