"""`hub users`, and commands under an account: with its key, within its rights, by its name."""

import json
import stat
from collections.abc import Sequence
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
import zxingcpp
from PIL import Image
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.cli.users.shown_secrets import qr_lines
from hub.exchange.outbox.emit import emit
from hub.operations.signed_by import SignedBy
from hub.operations.users import accounts as users
from hub.records.papers.kinds import PaperKind
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from hub.store.users import accounts
from tests.support.console import sending
from tests.support.dossiers.printing import in_doubt, printing_in
from tests.support.dossiers.slips import add_dossier
from tests.support.works import now, step

WHY = ("--reason", "a test")


def hub(*words: object) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, list(map(str, words)))


def add(name: str, role: str, file: Path, *options: object) -> Result:
    """Add an account whose key goes into a file."""
    person = ("--full-name", "Lê Văn An", "--role", role)
    return hub("users", "add", name, *person, *WHY, "--new-key-file", file, *options)


@pytest.fixture
def binh(installed: Store, tmp_path: Path) -> Sequence[object]:
    """The options of the first account, which manages accounts."""
    assert installed.name == "sqlite"
    file = tmp_path / "binh.key"
    added = add("binh", "operator", file)
    assert added.exit_code == 0, added.output
    return ("--as", "binh", "--key-file", file)


def acts(store: Store) -> list[tuple[str, str, bool]]:
    """Return actor, action and whether it was allowed, of every row of the audit."""
    with store.read() as tx:
        query = sa.select(audit.c.actor, audit.c.action, audit.c.allowed).order_by(audit.c.seq)
        return [tuple(row) for row in tx.execute(query)]


def test_the_first_account_is_added_by_name_and_its_secrets_are_shown_once(
    installed: Store, tmp_path: Path
) -> None:
    """Password, device and recovery codes on the screen, the key in a file for its owner only."""
    refused = add("an", "auditor", tmp_path / "an.key")
    assert refused.exit_code == 1
    assert not (tmp_path / "an.key").exists()
    added = add("binh", "operator", tmp_path / "binh.key", "--json")
    assert added.exit_code == 0, added.output
    shown = json.loads(added.stdout)
    assert pyotp.parse_uri(shown["code_address"]).name == "binh"
    assert len(shown["recovery_codes"]) == 10
    key = (tmp_path / "binh.key").read_text().strip()
    assert stat.S_IMODE((tmp_path / "binh.key").stat().st_mode) == 0o600
    assert key not in added.output
    listed = hub("users", "list", "--json").stdout
    assert "binh" in listed
    for secret in (shown["password"], shown["code_address"], key, *shown["recovery_codes"]):
        assert secret not in listed
    assert acts(installed)[-1][1:] == ("users.add", True)


def test_a_phone_reads_the_code_on_the_terminal() -> None:
    """Drawn again from its letters as a picture, another reader finds the address in it."""
    lines = list(qr_lines("otpauth://totp/Hub:binh?secret=ABCDEFGH"))
    light = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    picture = Image.new("L", (len(lines[0]) * 4, len(lines) * 8))
    for y, line in enumerate(lines):
        for x, letter in enumerate(line):
            for half, value in enumerate(light[letter]):
                picture.paste(
                    255 * value, (x * 4, y * 8 + half * 4, x * 4 + 4, y * 8 + half * 4 + 4)
                )
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == "otpauth://totp/Hub:binh?secret=ABCDEFGH"


def test_with_accounts_a_decision_needs_a_key(
    installed: Store, binh: Sequence[object], tmp_path: Path
) -> None:
    """A name that somebody gives signs nothing any more; what decides nothing goes on."""
    with installed.write() as tx:
        emit(tx, [step(1, 1)], now())
    cancel = ("deliveries", "cancel", 1, *WHY)
    told = hub(*cancel, "--actor", "Trần Thị Bình")
    assert (told.exit_code, "--key-file" in told.output) == (2, True)
    for name, file in (("binh", tmp_path / "none"), ("nobody", binh[3])):
        assert hub(*cancel, "--as", name, "--key-file", file).exit_code == 2
    wrong = tmp_path / "wrong.key"
    wrong.write_text("hubu_" + "a" * 52)
    wrong.chmod(0o644)
    assert "chmod 600" in hub(*cancel, "--as", "binh", "--key-file", wrong).output
    wrong.chmod(0o600)
    assert hub(*cancel, "--as", "binh", "--key-file", wrong).exit_code == 2
    assert hub("deliveries", "replay", "--plan", *WHY).exit_code == 0
    assert hub(*cancel, *binh).exit_code == 0
    assert hub("tasks", "done", 1, *WHY).exit_code == 2, "the options of the last command are gone"
    assert acts(installed)[1:] == [
        ("Lê Văn An (account binh)", "users.key", False),
        ("hub deliveries replay --plan", "replay.plan", True),
        ("Lê Văn An (account binh)", "approval.propose", True),
    ]


def test_a_terminal_names_its_account_once(
    binh: Sequence[object], installed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings stand for the options; an option that is given goes before them."""
    monkeypatch.setenv("HUB_OPERATOR_ACCOUNT", "binh")
    monkeypatch.setenv("HUB_OPERATOR_KEY_FILE", str(binh[3]))
    paused = hub("partners", "pause", "province", "--for", "2h", *WHY)
    assert paused.exit_code == 0, paused.output
    assert acts(installed)[-1][0] == "Lê Văn An (account binh)"
    refused = hub("partners", "resume", "province", *WHY, "--as", "an")
    assert refused.exit_code == 2
    assert "'an'" in refused.output


@pytest.mark.usefixtures("installed")
def test_a_person_does_at_the_command_line_what_the_role_may(
    installed: Store, binh: Sequence[object], tmp_path: Path
) -> None:
    """An auditor settles nothing, the head adds no account, an officer has the own sector."""
    with installed.write() as tx:
        emit(tx, [step(1, 1)], now())
    for name, role, options in (
        ("auditor", "auditor", ()),
        ("head", "head", ()),
        ("officer", "officer", ("--sector", "G13-TN02")),
    ):
        assert add(name, role, tmp_path / f"{name}.key", *binh, *options).exit_code == 0
    for name, words in (
        ("auditor", ("deliveries", "cancel", 1)),
        ("officer", ("deliveries", "cancel", 1)),
        ("head", ("users", "retire", "auditor")),
    ):
        refused = hub(*words, *WHY, "--as", name, "--key-file", tmp_path / f"{name}.key")
        assert refused.exit_code == 2, refused.output
    assert [action for _, action, allowed in acts(installed) if not allowed] == [
        "users.right.act",
        "users.right.act",
        "users.right.users",
    ]


@pytest.mark.usefixtures("installed")
def test_a_day_of_an_account(binh: Sequence[object], tmp_path: Path) -> None:
    """Added, changed, given other secrets, retired; the own account and the last stay."""
    assert add("an", "head", tmp_path / "an.key", *binh).exit_code == 0
    for words in (("retire", "binh"), ("change", "binh", "--role", "head"), ("retire", "nobody")):
        assert hub("users", *words, *WHY, *binh).exit_code == 1
    changed = hub(
        "users", "change", "an", "--role", "deputy", "--new-password", *WHY, *binh, "--json"
    )
    assert json.loads(changed.stdout)["role"] == "deputy"
    assert json.loads(changed.stdout)["password"]
    assert hub("users", "change", "an", "--sector", "G99", *WHY, *binh).exit_code == 2
    reset = hub("users", "reset-totp", "an", *WHY, *binh)
    assert reset.exit_code == 0
    assert "█" in reset.output
    assert hub("users", "key", "an", *WHY, *binh).exit_code == 0
    former = ("--as", "an", "--key-file", tmp_path / "an.key")
    assert hub("tasks", "done", 1, *WHY, *former).exit_code == 2
    assert hub("users", "sessions", "an").exit_code == 0
    assert hub("users", "revoke", "an", "--session", "x", *WHY, *binh).exit_code == 1
    assert (
        json.loads(hub("users", "revoke", "an", *WHY, *binh, "--json").stdout)["sessions_ended"]
        == 0
    )
    assert hub("users", "retire", "an", *WHY, *binh).exit_code == 0
    assert "an" not in [
        it["user"] for it in json.loads(hub("users", "list", "--json").stdout)["users"]
    ]
    assert add("an", "head", tmp_path / "new.key", *binh).exit_code == 1


@pytest.mark.usefixtures("installed")
def test_a_given_password_is_not_shown(tmp_path: Path) -> None:
    """A weak one is refused, and nothing is added."""
    given = tmp_path / "password"
    given.write_text("short")
    assert add("binh", "operator", tmp_path / "k", "--password-file", given).exit_code == 2
    given.write_text("bảy con cò trắng\n")
    added = add("binh", "operator", tmp_path / "k", "--password-file", given)
    assert added.exit_code == 0
    assert "bảy con" not in added.output


def renew(store: Store, name: str, file: Path) -> None:
    """Have a person choose a password and make a key, as on the account's page."""
    with store.write() as tx:
        accounts.set_password(tx, name, "a hash", given=False, now=now())
    by: SignedBy = {"actor": name, "reason": "a test", "now": now()}
    file.write_text(users.issue_key(store, name, own=name, by=by).key)


def test_what_is_absent_and_cancelled_needs_two_persons(
    installed: Store, binh: Sequence[object]
) -> None:
    """It is a discard in other words."""
    with installed.write() as tx:
        id = sending(tx, step(1, 1))
        transitions.doubt(
            tx, id, from_state=S.SENDING, query_at=None, code="reply_lost", detail="x"
        )
    resolve = ("deliveries", "resolve", id, "absent", "--cancel", *WHY)
    proposed = hub(*resolve, *binh, "--json")
    assert proposed.exit_code == 0, proposed.output
    assert json.loads(proposed.stdout)["approval"] == 1
    with installed.read() as tx:
        assert transitions.place_of(tx, id, lock=False)[0] is S.AMBIGUOUS


def test_a_payload_is_written_for_a_person_who_may_see_it(
    installed: Store, binh: Sequence[object], tmp_path: Path
) -> None:
    """With a reason, and the audit says so; not for the operator, who sees it masked."""
    with installed.write() as tx:
        emit(tx, [step(1, 1)], now())
    file = tmp_path / "head.key"
    assert add("head", "head", file, *binh).exit_code == 0
    written = tmp_path / "c.json"
    write = ("deliveries", "resend", 1, "--write", "--file", written)
    head = ("--as", "head", "--key-file", file)
    for words in ((*write,), (*write, *WHY), (*write, *WHY, *binh), (*write, *head)):
        assert hub(*words).exit_code == 2
        assert not written.exists()
    assert hub(*write, *WHY, *head).exit_code == 0
    assert "Lê Văn Thử" in written.read_text(encoding="utf-8")
    assert acts(installed)[-2:] == [
        ("Lê Văn An (account binh)", "users.right.unmask", False),
        ("Lê Văn An (account head)", "delivery.unmask", True),
    ]


def test_a_receipt_is_printed_again_only_by_who_may_see_names(
    installed: Store, binh: Sequence[object], tmp_path: Path
) -> None:
    """As the first print; the operator's attempt is a denial in the audit."""
    with installed.write() as tx:
        add_dossier(tx)
    id = in_doubt(installed, printing_in(tmp_path), kind=PaperKind.RECEIPT)
    assert hub("deliveries", "reprint", id, *WHY, *binh).exit_code == 2
    assert acts(installed)[-1] == ("Lê Văn An (account binh)", "users.right.unmask", False)
    with installed.read() as tx:
        assert transitions.place_of(tx, id, lock=False)[0] is S.AMBIGUOUS


def test_what_is_discarded_needs_two_persons(
    installed: Store, binh: Sequence[object], tmp_path: Path
) -> None:
    """The operator proposes, the head approves, nobody alone; the list is empty afterwards."""
    with installed.write() as tx:
        emit(tx, [step(1, 1), step(2, 1)], now())
    file = tmp_path / "head.key"
    assert add("head", "head", file, *binh).exit_code == 0
    head = ("--as", "head", "--key-file", file)
    proposed = hub("deliveries", "cancel", 1, *WHY, *binh, "--json")
    number = json.loads(proposed.stdout)["approval"]
    own_key = hub("approvals", "approve", number, *WHY, *head)
    assert (own_key.exit_code, "binh gave the password" in own_key.output) == (1, True)
    renew(installed, "head", file)
    assert json.loads(hub("approvals", "--json").stdout)["proposals"][0]["approval"] == number
    assert hub("approvals", "approve", number, *WHY, *binh).exit_code == 2
    approved = hub("approvals", "approve", number, *WHY, *head)
    assert approved.exit_code == 0, approved.output
    assert hub("approvals", "approve", number, *WHY, *head).exit_code == 1
    assert json.loads(hub("approvals", "list", "--json").stdout)["proposals"] == []
    assert [action for _, action, _ in acts(installed)][-5:] == [
        "approval.propose",
        "users.issue_key",
        "users.right.approve",
        "delivery.cancel",
        "approval.done",
    ]
    assert hub("deliveries", "cancel", 1, *WHY, *binh).exit_code == 1, "it is final"
    again = json.loads(hub("deliveries", "cancel", 2, *WHY, *binh, "--json").stdout)
    assert hub("approvals", "refuse", again["approval"], *WHY, *head).exit_code == 0
    last = json.loads(hub("deliveries", "cancel", 2, *WHY, *binh, "--json").stdout)
    assert hub("approvals", "withdraw", last["approval"], *WHY, *binh).exit_code == 0


def test_an_account_is_locked_and_linked_by_the_operations_of_the_console(
    installed: Store, binh: Sequence[object], tmp_path: Path
) -> None:
    """Each with a reason, told in JSON, listed afterwards; without a provider nothing is linked."""
    assert add("an", "auditor", tmp_path / "an.key", *binh).exit_code == 0
    locked = hub("users", "lock", "an", *WHY, *binh, "--json")
    assert json.loads(locked.stdout)["locked"] is True
    assert '"standing": "locked"' in hub("users", "list", "--json").stdout
    assert hub("users", "lock", "binh", *WHY, *binh).exit_code == 1, "the own account"
    assert hub("users", "unlock", "an", *WHY, *binh).exit_code == 0
    link = ("users", "link", "an", "--oidc-subject", "an@ward", *WHY, *binh)
    assert "HUB_OIDC_ISSUER" in hub(*link).output
    assert hub(*link, "--oidc-issuer", "https://id.example").exit_code == 0
    (of_an,) = (
        it
        for it in json.loads(hub("users", "list", "--json").stdout)["users"]
        if it["user"] == "an"
    )
    assert of_an["issuer"] == "https://id.example"
    assert hub("users", "unlink", "an", *WHY, *binh).exit_code == 0
    assert [it[1:] for it in acts(installed)[-4:]] == [
        ("users.lock", True),
        ("users.unlock", True),
        ("users.link", True),
        ("users.unlink", True),
    ]
