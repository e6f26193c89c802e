"""`hub clients` as an operator uses it: a secret is shown once, everything else can be listed."""

import json
import ssl
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.rules.clients import api_keys, certificates
from hub.store.clients import secrets
from hub.store.engine.store import Store
from tests.support.network.certificates import Authority

ADD = ("add", "province-portal", "--operation", "messages.accept", "--agency", "*")
WHY = ("--reason", "a test")


def clients(*words: object) -> Result:
    """Run a command of the group."""
    return CliRunner().invoke(app, ["clients", *map(str, words)])


def test_a_key_is_shown_once_and_never_listed(installed: Store) -> None:
    """What was missed at the first time can only be issued anew."""
    added = clients(*ADD, *WHY)
    assert added.exit_code == 0, added.output
    shown = [api_keys.read(line) for line in added.output.splitlines()]
    keys = [key for key in shown if key is not None]
    assert len(keys) == 1
    with installed.read() as tx:
        holder = secrets.by_prefix(tx, keys[0].prefix)
    assert holder is not None
    assert api_keys.matches(holder.secret.digest, keys[0])
    for words in (("list",), ("list", "--all"), ("list", "--json")):
        listed = clients(*words)
        assert keys[0].prefix in listed.output
        assert keys[0].secret not in listed.output


def test_a_secret_goes_into_a_new_file_for_its_owner_only(installed: Store, tmp_path: Path) -> None:
    """Not onto a screen; a file that is there is never overwritten, and nothing is issued."""
    file = tmp_path / "portal.key"
    added = clients(*ADD, *WHY, "--secret-file", file, "--json")
    assert added.exit_code == 0, added.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = api_keys.read(file.read_text().strip())
    assert key is not None
    assert key.secret not in added.output
    assert json.loads(added.stdout)["prefix"] == key.prefix
    refused = clients("rotate", "province-portal", *WHY, "--secret-file", file)
    assert refused.exit_code == 1
    with installed.read() as tx:
        assert len(secrets.of_client(tx, "province-portal")) == 1


def test_a_refused_act_leaves_no_file(installed: Store, tmp_path: Path) -> None:
    """An empty file would look like a secret that was handed over."""
    del installed
    file = tmp_path / "portal.key"
    assert clients("rotate", "nobody", *WHY, "--secret-file", file).exit_code == 1
    assert not file.exists()


@pytest.mark.usefixtures("installed")
def test_a_day_of_a_client_is_listed_as_it_was() -> None:
    """Added, rotated, the old one retired, the client retired."""
    first = json.loads(clients(*ADD, *WHY, "--json").stdout)
    second = json.loads(clients("rotate", "province-portal", *WHY, "--json").stdout)
    assert clients("rotate", "province-portal", *WHY).exit_code == 1
    retired = clients("retire", "province-portal", "--secret", first["prefix"], *WHY, "--json")
    assert json.loads(retired.stdout)["secret"] == first["prefix"]
    (listed,) = json.loads(clients("list", "--json").stdout)["clients"]
    assert [secret["prefix"] for secret in listed["secrets"]] == [second["prefix"]]
    assert clients("retire", "province-portal", *WHY).exit_code == 0
    assert json.loads(clients("list", "--json").stdout)["clients"] == []
    (kept,) = json.loads(clients("list", "--all", "--json").stdout)["clients"]
    assert kept["retired_at"]
    assert len(kept["secrets"]) == 2


@pytest.mark.usefixtures("installed")
def test_rights_are_changed_one_by_one_and_the_key_stays() -> None:
    """What is not named stays; a change to what is there already is refused."""
    key = json.loads(clients(*ADD, *WHY, "--address", "10.0.0.0/8", "--json").stdout)
    words = ("--operation", "files.fetch", "--calls-at-once", 3, "--anywhere")
    changed = clients("change", "province-portal", *words, *WHY, "--json")
    assert changed.exit_code == 0, changed.output
    (listed,) = json.loads(clients("list", "--json").stdout)["clients"]
    assert [secret["prefix"] for secret in listed["secrets"]] == [key["prefix"]]
    answer = json.loads(changed.stdout)
    for right in ("operations", "agencies", "addresses", "calls_per_minute", "calls_at_once"):
        assert answer[right] == listed[right]
    assert (listed["operations"], listed["addresses"]) == (["files.fetch"], [])
    assert (listed["calls_per_minute"], listed["calls_at_once"]) == (600, 3)
    assert clients("change", "province-portal", *words, *WHY).exit_code == 1
    assert clients("change", "province-portal", "--calls-at-once", -1, *WHY).exit_code == 2
    assert clients("change", "nobody", *words, *WHY).exit_code == 1


@pytest.mark.usefixtures("installed")
def test_a_client_is_obliged_to_sign_and_freed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """By `add` and by `change`, each shown in the list; what is not named stays."""
    refused = clients(*ADD, "--signed-replies", *WHY)
    assert (refused.exit_code, "HUB_SIGNING_KEY_FILE" in refused.output) == (1, True)
    monkeypatch.setenv("HUB_SIGNING_CERTIFICATE_FILE", "hub.pem")
    monkeypatch.setenv("HUB_SIGNING_KEY_FILE", "hub-key.pem")
    assert clients(*ADD, "--must-sign", "--signed-replies", *WHY).exit_code == 0
    assert signing() == (True, True)
    assert clients("list").output.count("always signed") == 2
    for word, expected in (
        ("--may-be-unsigned", (False, True)),
        ("--unsigned-replies", (False, False)),
        ("--must-sign", (True, False)),
    ):
        assert clients("change", "province-portal", word, *WHY).exit_code == 0
        assert signing() == expected


def signing() -> tuple[bool, bool]:
    """Return whether the one client must sign, and gets signed replies."""
    (listed,) = json.loads(clients("list", "--json").stdout)["clients"]
    return listed["must_sign"], listed["signed_replies"]


@pytest.mark.usefixtures("installed")
def test_a_wrong_client_is_refused_with_every_problem() -> None:
    """Exit code 2, as for every command that cannot be carried out as it was typed."""
    refused = clients(
        "add", "P", "--operation", "nothing.known", "--agency", "x y", "--address", "here", *WHY
    )
    assert refused.exit_code == 2
    for part in ("'P'", "nothing.known", "'x y'", "'here'"):
        assert part in refused.output


@pytest.mark.usefixtures("installed")
def test_a_list_is_whole_at_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name, agency, network or prefix is cut."""
    monkeypatch.setenv("COLUMNS", "80")
    name = "a-client-with-a-name-of-forty-letters-00"
    agencies = [f"000.00.{n:02d}.H57" for n in range(12)]
    words = [word for code in agencies for word in ("--agency", code)]
    networks = ("2001:db8:aaaa:bbbb:cccc:dddd:0:0/96", "192.0.2.128/25")
    words += [word for network in networks for word in ("--address", network)]
    added = clients("add", name, "--operation", "files.fetch", *words, *WHY, "--json")
    assert added.exit_code == 0, added.output
    listed = clients("list").output
    for part in (name, *agencies, "2001:db8:aaaa:bbbb:cccc:dddd::/96", networks[1], "files.fetch"):
        assert part in listed
    assert json.loads(added.stdout)["prefix"] in listed


def test_a_certificate_file_that_is_none_is_refused(installed: Store, tmp_path: Path) -> None:
    """Before anything is written."""
    file = tmp_path / "x.pem"
    file.write_text("no certificate")
    assert clients(*ADD, *WHY, "--certificate", file).exit_code == 2
    assert clients(*ADD, *WHY, "--certificate", tmp_path / "nowhere").exit_code == 2
    with installed.read() as tx:
        assert not secrets.of_client(tx, "province-portal")


def test_a_certificate_is_registered_by_its_key_or_by_its_names(
    installed: Store, tmp_path: Path
) -> None:
    """No secret is shown; the list says by what it is known, and until when it lasts."""
    pair = Authority(tmp_path).pair("portal", ends=timedelta(days=90))
    given = ("--certificate", pair.certificate)
    added = clients(*ADD, *WHY, *given, "--json")
    assert added.exit_code == 0, added.output
    assert json.loads(added.stdout)["secret"] is None
    assert clients("rotate", "province-portal", *WHY, *given).exit_code == 1  # the same once more
    by_names = clients(
        "rotate", "province-portal", *WHY, *given, "--certificate-by", "names", "--json"
    )
    assert by_names.exit_code == 0, by_names.output
    (listed,) = json.loads(clients("list", "--json").stdout)["clients"]
    assert [secret["binding"] for secret in listed["secrets"]] == ["public-key", "names"]
    assert all(secret["certificate_ends_at"] for secret in listed["secrets"])
    assert "certificate public-key" in clients("list").output
    found = certificates.read(ssl.PEM_cert_to_DER_cert(pair.certificate.read_text()))
    assert found is not None
    with installed.read() as tx:
        holder = secrets.by_certificate(tx, found.digests(verified=False))
    assert holder is not None
    assert holder.secret.binding == "public-key"
