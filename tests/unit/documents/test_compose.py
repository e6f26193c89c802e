"""The compose file: what watches the containers, and what they wait for."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from hub.environment import load
from hub.settings import AT_THE_BROKER, ROLES, Settings
from tests.matrix.table import END, MARK

SERVICES = yaml.safe_load(
    (Path(__file__).parents[3] / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_watched_by_its_own_health_port(role: str) -> None:
    """A check once a minute must not migrate, log in at a partner or send probes."""
    assert SERVICES[role]["healthcheck"]["test"] == ["CMD", "python", "-m", "hub.monitoring.probe"]
    assert int(SERVICES[role]["environment"]["HUB_HEALTH_PORT"])
    assert not any(":8082" in port for port in SERVICES[role].get("ports", ()))


@pytest.mark.parametrize("role", ["gateway", "sources"])
def test_what_lets_messages_in_does_not_wait_for_the_broker(role: str) -> None:
    """It needs the store only."""
    assert role not in AT_THE_BROKER
    assert set(SERVICES[role]["depends_on"]) == {"migrate", "postgres"}
    assert set(SERVICES["migrate"]["depends_on"]) == {"postgres"}


@pytest.mark.parametrize("role", ROLES)
def test_what_is_written_to_memory_leaves_room_for_the_process(role: str) -> None:
    """A tmpfs counts against the limit of its container: unbounded, a file in it ends the process.

    The limit is a quarter at most; files of up to 200 MB go to the data directory.
    """
    limit = megabytes(SERVICES[role]["mem_limit"])
    places = [place.partition(":size=") for place in SERVICES[role]["tmpfs"]]
    assert len(places) == 1
    assert sum(megabytes(size) for _, _, size in places) * 4 <= limit
    assert SERVICES[role]["volumes"] == ["hub-data:/var/lib/hub"]


def megabytes(text: str) -> int:
    """Return a size such as "16m"."""
    assert text.endswith("m"), text
    return int(text[:-1])


def test_every_variable_of_the_compose_file_is_in_the_example_of_env() -> None:
    """What is not in .env is forgotten by the next `docker compose up` in another shell."""
    root = Path(__file__).parents[3]
    text = (root / "docker-compose.yml").read_text(encoding="utf-8")
    example = (root / ".env.example").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+):?-", text))
    assert wanted
    assert set(re.findall(r"^(\w+)=", example, flags=re.MULTILINE)) == wanted


NOT_HANDED_ON = {
    "HUB_DATA_DIR": "the image's volume",
    "HUB_HTTP_PORT": "HUB_PORT publishes it",
    "HUB_CONSOLE_PORT": "HUB_CONSOLE_PUBLISHED publishes it",
    "HUB_COUNTER_PORT": "HUB_COUNTER_PUBLISHED publishes it",
    "HUB_BROKER_POLICIES": "the broker of this file has a management address",
    "HUB_DRILL": "a hub that is to be damaged has no business in production",
    "HUB_DRILL_CLOCK": "as HUB_DRILL",
    "HUB_DRILL_POINTS": "as HUB_DRILL",
    "HUB_FAILPOINTS": "as HUB_DRILL",
    "HUB_OIDC_CLIENT_SECRET": "few need it: its _FILE and a secret in an override",
    "HUB_PROVINCE_WS_PASSWORD": "few need it: its _FILE and a secret in an override",
}
OWN_DEFAULTS = {"HUB_PUBLIC_URL"}


def test_every_setting_reaches_the_containers() -> None:
    """A setting that the runbook names can be changed in .env; what is left out has a reason."""
    given = SERVICES["timer"]["environment"]
    names = {f"HUB_{field.name.upper()}": field for field in msgspec.structs.fields(Settings)}
    left = {name for name in names if not {name, f"{name}_FILE"} & given.keys()}
    assert left == NOT_HANDED_ON.keys()


def test_a_setting_that_is_not_in_env_has_the_default_of_the_hub() -> None:
    """The compose file and the hub agree, also where the file was written long ago."""
    found = {}
    for name, text in SERVICES["timer"]["environment"].items():
        if (given := re.fullmatch(r"\$\{HUB_\w+:-(.*)\}", text)) and name not in OWN_DEFAULTS:
            found[name] = given.group(1)
    assert found
    assert load(found | {"HUB_PROVINCE_URL": "", "HUB_TOWN_URL": ""}) == Settings()


@pytest.mark.parametrize(("service", "column"), [("rabbitmq", 0), ("postgres", 1)])
def test_the_images_are_versions_that_the_matrix_ran(service: str, column: int) -> None:
    """No moving tag: what a ward pulls tomorrow is what was tried."""
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    table = readme.partition(MARK)[2].partition(END)[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    passed = [row for row in rows if "FAILED" not in "".join(row) and "not run" not in row[3]]
    ran = {row[column].strip("| ") for row in passed}
    version = SERVICES[service]["image"].partition(":")[2].removesuffix("-management")
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?", version)
    assert version in ran
