"""Fixtures for every test: a clean environment, and the session's broker and database."""

import logging
import os
import secrets
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
import urllib3
from hypothesis import settings

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.drill.sandbox.programs import MissingProgram
from hub.environment import SANDBOX_SETTINGS
from hub.rules.users import passwords
from hub.runtime.process.garbage_collection import keep_what_is_loaded
from hub.runtime.telemetry import log
from hub.store.engine.store import Store
from hub.store.schema.migrate import migrate
from hub.texts import Language, use_language
from tests.support.database.stores import empty_store
from tests.support.services import RabbitService, missing, postgres_service, rabbit_service

pytest_plugins = ["tests.support.partners.fixtures"]

# A busy machine is slow; how long an example or an answer takes proves nothing.
settings.register_profile("hub", deadline=None)
settings.load_profile("hub")
_given = urllib3.request.__kwdefaults__ or {}
assert _given["timeout"] == 3  # seconds, of a call that names none
_given["timeout"] = 30
BROKER = ("HUB_BROKER_URL", "HUB_BROKER_MANAGEMENT_URL")
_AMBIENT = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Take the hub's settings out of the environment: those of a developer's shell must not decide
    what a test does. Only the broker's address is read, by the fixture `rabbit`, and which
    RabbitMQ and PostgreSQL the sandbox starts.
    """
    names = [it for it in os.environ if it.startswith("HUB_") and it not in SANDBOX_SETTINGS]
    config.stash[_AMBIENT] = ambient = {name: os.environ.pop(name) for name in names}
    address, management = BROKER
    if address in ambient and management not in ambient:
        raise pytest.UsageError(
            f"{address} names a broker where a hub may be at work, and without {management} no test"
            f" can make a virtual host of its own there. Set it too, or unset {address}: then a"
            " private broker is started."
        )
    # The person at the command line of every test; made up.
    os.environ["HUB_OPERATOR"] = "Trần Thị Bình"
    # Every test reads English; one about Vietnamese calls `use_language` or sets HUB_LANGUAGE.
    os.environ["HUB_LANGUAGE"] = "en"


def pytest_collection_finish() -> None:
    """Keep the collector of garbage from the modules and the thousands of tests that stay to the
    end: each full walk through them takes a fifth of a second.
    """
    keep_what_is_loaded()


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """A hash takes 0.1 s of processor on purpose; tests/unit/rules/users has one of that cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "cost", passwords.Cost(iterations=1, memory_kib=32))
        yield


@pytest.fixture(autouse=True)
def process_as_it_was() -> Iterator[None]:
    """A command that sets up log, hooks and language for good does so for its own test only."""
    use_language(Language.EN)
    config, root = structlog.get_config(), logging.getLogger()
    hooks, handlers = (sys.excepthook, threading.excepthook), list(root.handlers)
    yield
    sys.excepthook, threading.excepthook = hooks
    root.handlers = handlers
    structlog.configure(**config)
    vars(log).pop("bind", None)  # what the logger keeps of its first use


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    """Skip a test whose fixtures need a program that is not installed; in CI it fails.

    Trap: around the fixture itself it would work once, and the next test would meet the error that
    pytest has kept.
    """
    try:
        return (yield)
    except MissingProgram as error:
        missing(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Do the same where the test itself asks for the program."""
    try:
        return (yield)
    except MissingProgram as error:
        missing(error)


@pytest.fixture(scope="session")
def rabbit(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RabbitService]:
    """RabbitMQ for the session: a private node, or the broker of HUB_BROKER_URL, where each test
    gets a virtual host of its own.
    """
    existing = [request.config.stash[_AMBIENT].get(name, "") for name in BROKER]
    with rabbit_service(tmp_path_factory.mktemp("rabbit"), *existing) as service:
        yield service


@pytest.fixture
def rabbit_url(rabbit: RabbitService) -> Iterator[str]:
    """AMQP address of a virtual host that this test has to itself."""
    with rabbit.own_vhost() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePostgres]:
    """A private PostgreSQL server for the session."""
    # The server is somebody else where root runs the tests, and may not go into pytest's folder.
    memory = os.environ.get("PYTEST_DEBUG_TEMPROOT")
    place = (
        Path(memory, f"postgres-{os.getpid()}") if memory else tmp_path_factory.mktemp("postgres")
    )
    with postgres_service(place) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PrivatePostgres) -> Iterator[str]:
    """SQLAlchemy address of an empty database that this test has to itself."""
    with _own_database(postgres_server) as url:
        yield url


@contextmanager
def _own_database(server: PrivatePostgres, **options: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(4)}"
    yield server.create_database(name, **options)
    server.start()  # a test may have killed it
    server.drop_database(name)


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PrivatePostgres) -> str:
    """The name of a migrated, empty database to copy: migrating takes longer than most tests."""
    name = f"template_{secrets.token_hex(4)}"
    made = Store(postgres_server.create_database(name))
    migrate(made)
    made.close()
    return name


@pytest.fixture
def migrated_postgres_url(
    postgres_server: PrivatePostgres, migrated_template: str
) -> Iterator[str]:
    """SQLAlchemy address of a migrated, empty database that this test has to itself."""
    with _own_database(postgres_server, template=migrated_template) as url:
        yield url


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A migrated, empty store in a file of the test's folder."""
    made = empty_store(tmp_path / "hub.db")
    yield made
    made.close()


@pytest.fixture
def postgres_store(migrated_postgres_url: str) -> Iterator[Store]:
    """A migrated, empty store in a database of the test's own."""
    made = Store(migrated_postgres_url)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """A migrated, empty store of either kind."""
    made: Store = request.getfixturevalue(
        "sqlite_store" if request.param == "sqlite" else "postgres_store"
    )
    return made


@pytest.fixture
def installed(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the installation that the commands look at."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return sqlite_store
