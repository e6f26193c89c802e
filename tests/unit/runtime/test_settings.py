"""Settings: every problem at once, secrets from files, nothing mistyped is ignored."""

from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from hub.environment import load
from hub.settings import Settings, SettingsError


def test_nothing_set_means_one_machine_without_partners() -> None:
    """SQLite, the in-process broker, every role."""
    found = load({"PATH": "/bin"})
    assert found == Settings()
    assert found.database.startswith("sqlite:///")
    assert len(found.role_names) == 7


def test_values_are_converted_and_secrets_come_from_files(tmp_path: Path) -> None:
    """A trailing newline in the file does not count."""
    secret = tmp_path / "token"
    secret.write_text("s3cret\n", encoding="utf-8")
    found = load({"HUB_HTTP_PORT": "9000", "HUB_FILE_TOKEN_FILE": str(secret)})
    assert (found.http_port, found.file_token) == (9000, "s3cret")


def test_every_problem_is_reported_at_once() -> None:
    """One start, one list."""
    with pytest.raises(SettingsError) as caught:
        load(
            {
                "HUB_HTTP_PORT": "ninety",
                "HUB_TYPO": "1",
                "HUB_INTAKE_TOKEN_FILE": "/nonexistent/secret",
                "HUB_PROVINCE_MODE": "fax",
                "HUB_PROVINCE_URL": "http://127.0.0.1:1",
            }
        )
    text = str(caught.value)
    for name in ("HTTP_PORT", "TYPO", "INTAKE_TOKEN_FILE", "PROVINCE_MODE", "PROVINCE_PASSWORD"):
        assert f"HUB_{name}" in text


@pytest.mark.parametrize("file_first", [True, False])
def test_a_setting_given_twice_is_a_problem(tmp_path: Path, file_first: bool) -> None:
    """Else the order of the environment would decide which secret holds."""
    secret = tmp_path / "token"
    secret.write_text("s3cret\n", encoding="utf-8")
    given = [("HUB_FILE_TOKEN_FILE", str(secret)), ("HUB_FILE_TOKEN", "other")]
    with pytest.raises(SettingsError) as caught:
        load(dict(given if file_first else reversed(given)))
    assert str(caught.value) == (
        "HUB_FILE_TOKEN_FILE: HUB_FILE_TOKEN is set as well; set one of the two"
    )


def test_a_secret_file_that_is_no_text_is_a_problem_like_others(tmp_path: Path) -> None:
    """One line, without a word of what is in it."""
    secret = tmp_path / "token"
    secret.write_bytes(b"s3cr\xe9t")
    with pytest.raises(SettingsError) as caught:
        load({"HUB_FILE_TOKEN_FILE": str(secret), "HUB_TYPO": "1"})
    assert f"HUB_FILE_TOKEN_FILE: the file {secret} is not UTF-8" in str(caught.value).splitlines()
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize(
    ("roles", "named"),
    [("relay,postman", "postman"), ("relay", "HUB_BROKER_URL"), ("relay", "PostgreSQL")],
)
def test_roles_apart_need_a_broker_and_a_server_database(roles: str, named: str) -> None:
    """Two processes cannot share the in-process broker or write one SQLite file."""
    with pytest.raises(SettingsError, match=named):
        load({"HUB_ROLES": roles})


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"HUB_FAILPOINTS": "relay_after_publish=kill@1"}, "only with HUB_DRILL=on"),
        ({"HUB_DRILL_POINTS": "/run/points"}, "only with HUB_DRILL=on"),
        ({"HUB_FAILPOINTS": "nowhere=kill@1", "HUB_DRILL": "on"}, "nowhere"),
        ({"HUB_FAILPOINTS": "relay_after_publish=maim", "HUB_DRILL": "on"}, "NAME=kill@N"),
        ({"HUB_FAILPOINTS": "relay_after_publish=kill@0", "HUB_DRILL": "on"}, "NAME=kill@N"),
    ],
)
def test_failpoints_are_for_drills_and_must_exist(environment: dict[str, str], named: str) -> None:
    """Nobody arms a hub at work by accident, and a mistyped point is not ignored."""
    with pytest.raises(SettingsError, match=named):
        load(environment)


@pytest.mark.parametrize("name", ["HUB_SANDBOX_RABBITMQ", "HUB_SANDBOX_POSTGRESQL"])
def test_which_server_the_sandbox_starts_is_no_setting_of_the_hub(name: str) -> None:
    """A hub beside a private node of another RabbitMQ or PostgreSQL starts all the same."""
    assert load({name: "/opt/other"}) == load({})


def test_no_secret_is_in_the_settings_as_they_are_shown() -> None:
    """Neither passwords nor addresses that hold one; in a log, a traceback, or on a terminal."""
    secrets = [
        name
        for name in (field.name for field in msgspec.structs.fields(Settings))
        if name.endswith(("_password", "_secret", "_token"))
    ]
    addresses = ["database_url", "broker_url", "broker_management_url"]
    assert len(secrets) == 9
    values = dict.fromkeys(secrets, "pa55word")
    values |= dict.fromkeys(addresses, "scheme://hub:pa55word@127.0.0.1/hub")
    found = Settings(**values, http_port=1234)  # type: ignore[arg-type]
    screen = StringIO()
    Console(file=screen, width=500).print(found)
    for shown in (repr(found), f"{found}", screen.getvalue()):
        assert "1234" in shown
        assert "pa55word" not in shown
    assert found.broker_url == values["broker_url"]


def test_problems_are_in_plain_words_and_always_in_the_same_order() -> None:
    """Whatever order the environment has; no words of a library."""
    wrong = {"HUB_ZZZ": "1", "HUB_HTTP_PORT": "x", "HUB_CONCURRENCY": "0", "HUB_ARCHIVE": "maybe"}
    wrong["HUB_REPLY_TIMEOUT"] = "-1"
    told = set()
    for environment in (wrong, dict(reversed(wrong.items()))):
        with pytest.raises(SettingsError) as refused:
            load(environment)
        told.add(str(refused.value))
    (lines,) = told
    assert lines.splitlines() == [
        "HUB_ARCHIVE: 'maybe' is none of on, off",
        "HUB_CONCURRENCY: '0' is not a whole number from 1 to 64",
        "HUB_HTTP_PORT: 'x' is not a whole number from 0 to 65535",
        "HUB_REPLY_TIMEOUT: '-1' is not a number above 0 to 86400",
        "HUB_ZZZ: there is no such setting",
    ]


@pytest.mark.parametrize("setting", ["HUB_PROVINCE_URL", "HUB_TOWN_URL", "HUB_PUBLIC_URL"])
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("partner.example", "must begin with http:// or https://\n"),
        ("ftp://partner.example", "must begin with http:// or https://, not 'ftp://'"),
        ("http://", "has the form http(s)://host[:port][/path]"),
        ("http://hub:geheim@partner.example/", "without user, password, query or fragment"),
        ("https://partner.example/?key=geheim", "without user, password, query or fragment"),
        ("https://partner.example/#top", "without user, password, query or fragment"),
        ("https://partner.example:99999", "has the form"),
        ("https://[::1", "has the form"),
    ],
)
def test_an_address_that_cannot_be_called_is_refused_before_anything_starts(
    setting: str, address: str, told: str
) -> None:
    """With its name and what it has to look like; a password in it is never repeated."""
    with pytest.raises(SettingsError) as caught:
        load({setting: address})
    (line,) = [it for it in str(caught.value).splitlines() if it.startswith(f"{setting}: ")]
    assert told in f"{line}\n"
    assert "geheim" not in str(caught.value)
