"""The pages about accounts: what they show, and each act once, on what was seen, with its right."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape

import pytest
import sqlalchemy as sa

from hub.operations.signed_by import SignedBy
from hub.operations.users import access
from hub.operations.users import accounts as operations
from hub.rules.users import passwords
from hub.rules.users.rights import UserRole
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from hub.store.users import accounts, recovery_codes
from hub.store.users.accounts import UserAccount
from tests.contract.console.conftest import Clock, Look, sign_in
from tests.support.browser_session import BrowserSession, forms_of
from tests.support.console import looking
from tests.support.users import CODE_KEY, PASSWORD, SECTOR, add_user, code_of
from tests.support.works import now

ISSUER = "https://id.example"


def by() -> SignedBy:
    """Sign an act of another person."""
    return {"actor": "Lê Văn An (account an)", "reason": "elsewhere", "now": now()}


@pytest.fixture
def manager(sqlite_store: Store, clock: Clock) -> Iterator[BrowserSession]:
    """A browser at which Bình is signed in, who manages accounts; there are Dung and Em."""
    add_user(sqlite_store, "binh", password=PASSWORD, now=clock())
    add_user(sqlite_store, "dung", role=UserRole.OFFICER, now=clock())
    add_user(sqlite_store, "em", now=clock())
    with ExitStack() as stack:
        opened = looking(
            sqlite_store,
            clock=clock,
            signed_in=False,
            code_key=lambda: CODE_KEY,
            oidc_issuer=ISSUER,
        )
        browser = BrowserSession(stack.enter_context(opened))
        sign_in(browser, sqlite_store, clock)
        yield browser


def kept(store: Store, name: str = "dung") -> UserAccount:
    """Return an account."""
    with store.read() as tx:
        found = accounts.named(tx, name)
    assert found
    return found


def acts(store: Store) -> list[tuple[str, str, bool]]:
    """Return action, reason and whether it was allowed, of what is audited of accounts."""
    query = sa.select(audit.c.action, audit.c.reason, audit.c.allowed).order_by(audit.c.seq)
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(query) if row.reason]


def test_the_list_shows_who_may_use_the_hub(manager: BrowserSession, sqlite_store: Store) -> None:
    """Retired accounts only when asked for; no secret."""
    operations.retire(sqlite_store, "em", own="binh", by=by())
    access.lock(sqlite_store, "dung", own="binh", by=by())
    page = manager.get("/accounts").text
    assert re.search(r'/accounts/dung".*Officer of a sector.*>locked<', page)
    assert "/accounts/em" not in page
    assert "Show 1 retired" in page
    assert "/accounts/em" in manager.get("/accounts?retired=1").text
    account = kept(sqlite_store, "binh")
    assert account.password not in page
    assert account.code_salt not in page


@pytest.mark.parametrize("role", [UserRole.HEAD, UserRole.AUDITOR, UserRole.TOWN_IT])
def test_without_the_right_there_is_no_page_and_no_act(
    sqlite_store: Store, look: Look, role: UserRole
) -> None:
    """The list says which right is missing, an account does not exist; the attempt is audited."""
    add_user(sqlite_store, "dung", role=UserRole.OFFICER, now=now())
    browser = look(sqlite_store, role=role)
    own = {"sec-fetch-site": "same-origin"}
    assert browser.get("/accounts").status_code == 403
    assert browser.get("/accounts/dung").status_code == 404
    assert browser.get("/accounts/nobody").status_code == 404
    form = {"form_id": "f" * 20, "reason": "x", "version": kept(sqlite_store).version}
    answer = browser.post("/accounts/dung/lock", data=form, headers=own)
    assert answer.status_code == 404
    assert kept(sqlite_store).locked_at is None
    assert acts(sqlite_store) == [("console.denied", "x", False)]


def test_each_act_is_done_once_by_the_operation_of_the_command_line(
    manager: BrowserSession, sqlite_store: Store
) -> None:
    """With its reason in the audit, in the order in which a person goes through them."""
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("lock", {}),
        ("unlock", {}),
        ("change", {"role": "officer", f"sector:{SECTOR}": "1", "sector:G07-LĐ03": "1"}),
        ("change", {"role": "auditor"}),
        ("link", {"subject_of_provider": "dung@id"}),
        ("unlink", {}),
        ("end-sessions", {"session": ""}),
        ("retire", {}),
    )
    for verb, typed in steps:
        form = forms_of(manager.get("/accounts/dung"))[verb]
        filled = form.filled(reason=f"vì {verb}", **typed)
        first, second = (manager.post(form.path, filled) for _ in range(2))
        assert first.status_code == 303, (verb, first.text)
        assert first.headers["location"] == second.headers["location"]
        if verb == "link":
            assert (kept(sqlite_store).issuer, kept(sqlite_store).subject) == (ISSUER, "dung@id")
    assert [it[0] for it in acts(sqlite_store)] == [
        *("users.lock", "users.unlock", "users.change", "users.change"),
        *("users.link", "users.unlink", "users.end_session", "users.retire"),
    ]
    assert {it[1] for it in acts(sqlite_store)} == {f"vì {verb}" for verb, _ in steps}


def test_new_codes_are_shown_to_the_first_click_only(
    manager: BrowserSession, sqlite_store: Store
) -> None:
    """They are kept nowhere; the second click says that it was done."""
    form = forms_of(manager.get("/accounts/dung"))["reset-codes"]
    before = kept(sqlite_store).code_salt
    first = manager.post(form.path, form.filled(reason="mất điện thoại"))
    assert first.status_code == 200
    assert "otpauth://totp/" in first.text
    assert 'class="qr-code"' in first.text
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5})</code>", first.text)
    assert len(codes) == 10
    after = kept(sqlite_store).code_salt
    assert after != before
    second = manager.post(form.path, form.filled(reason="mất điện thoại"))
    assert second.status_code == 303
    assert kept(sqlite_store).code_salt == after
    told = manager.get(second.headers["location"]).text
    assert "were reset" in told
    assert not any(code in told for code in codes)
    with sqlite_store.read() as tx:
        assert recovery_codes.left(tx, "dung") == 10


def given(page: str) -> str:
    """Return the first password that a page shows."""
    found = re.search(r"First password.*?<code>([^<]+)</code>", page)
    assert found, page
    return unescape(found[1])


def test_an_account_is_added_once_and_opens_by_what_was_shown(
    manager: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """The second click shows no secret; the person signs in and must choose a password."""
    form = forms_of(manager.get("/accounts"))["accounts"]
    typed = {
        "account": "hoa.le",
        "full_name": "Lê Thị Hoa",
        "role": "officer",
        f"sector:{SECTOR}": "1",
        "language": "vi",
    }
    first = manager.post(form.path, form.filled(reason="người mới", **typed))
    assert first.status_code == 200, first.text
    assert "otpauth://totp/" in first.text
    assert len(re.findall(r"<code>[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5}</code>", first.text)) == 10
    password = given(first.text)
    second = manager.post(form.path, form.filled(reason="người mới", **typed))
    assert second.status_code == 303
    told = manager.get(second.headers["location"]).text
    assert "account hoa.le was added" in told
    assert password not in told
    account = kept(sqlite_store, "hoa.le")
    assert account.user.sectors == {SECTOR}
    assert account.password_by == "binh"
    assert [it[:2] for it in acts(sqlite_store)] == [("users.add", "người mới")]
    browser = BrowserSession(manager.client)
    browser.post("/sign-in", {"name": "hoa.le", "password": password})
    code = code_of(sqlite_store, "hoa.le", clock())
    assert 'action="/sign-in/password"' in browser.post("/sign-in/code", {"code": code}).text


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"account": "Hoa Lê"}, 409),
        ({"account": "dung"}, 409),
        ({"full_name": ""}, 409),
        ({"role": "king"}, 422),
        ({"role": "officer"}, 409),
        ({"language": "fr"}, 422),
        ({"reason": ""}, 422),
    ],
)
def test_what_no_account_can_be_is_refused_with_what_was_typed(
    manager: BrowserSession, sqlite_store: Store, typed: dict[str, str], status: int
) -> None:
    """Nothing is added, and the form is shown again as it was filled."""
    with sqlite_store.read() as tx:
        before = accounts.all_of(tx)
    form = forms_of(manager.get("/accounts"))["accounts"]
    right = {"account": "hoa", "full_name": "Lê Thị Hoa", "role": "auditor", "language": "vi"}
    answer = manager.post(form.path, form.filled() | {"reason": "x"} | right | typed)
    assert answer.status_code == status
    assert f'value="{(right | typed)["account"]}"' in answer.text
    with sqlite_store.read() as tx:
        assert accounts.all_of(tx) == before


def test_without_the_right_no_account_is_added(sqlite_store: Store, look: Look) -> None:
    """Nor is the list shown with the refusal; the attempt is audited."""
    add_user(sqlite_store, "dung", role=UserRole.OFFICER, now=now())
    browser, own = look(sqlite_store, role=UserRole.HEAD), {"sec-fetch-site": "same-origin"}
    form = {"account": "hoa", "full_name": "Hoa", "role": "head", "language": "vi"}
    sent = {**form, "form_id": "f" * 20, "reason": "x"}
    for filled in (sent, {**sent, "reason": ""}):
        answer = browser.post("/accounts", data=filled, headers=own)
        assert answer.status_code == 403
        assert "dung" not in answer.text
    assert ("console.denied", "x", False) in acts(sqlite_store)


def test_a_new_password_is_shown_once_and_ends_what_the_old_one_opened(
    manager: BrowserSession, sqlite_store: Store
) -> None:
    """To the first click; nobody resets the own one here."""
    form = forms_of(manager.get("/accounts/dung"))["reset-password"]
    first = manager.post(form.path, form.filled(reason="quên mật khẩu"))
    password, after = given(first.text), kept(sqlite_store)
    assert passwords.matches(after.password, password)
    assert (after.password_given, after.password_by) == (True, "binh")
    second = manager.post(form.path, form.filled(reason="quên mật khẩu"))
    assert password not in manager.get(second.headers["location"]).text
    assert kept(sqlite_store) == after
    own = form.filled(reason="x", version=kept(sqlite_store, "binh").version)
    refused = manager.post("/accounts/binh/reset-password", own | {"form_id": "g" * 20})
    assert refused.status_code == 422
    assert not kept(sqlite_store, "binh").password_given


@pytest.mark.parametrize("verb", ["reset-password", "retire", "change"])
def test_nobody_takes_the_place_of_the_only_approver_by_mouse(
    manager: BrowserSession, sqlite_store: Store, verb: str
) -> None:
    """One who is not confirmed does not count; with a second confirmed one it is done."""
    add_user(sqlite_store, "an", role=UserRole.HEAD, now=now())
    add_user(sqlite_store, "giang", role=UserRole.DEPUTY, now=now())
    with sqlite_store.write() as tx:
        accounts.introduce(tx, "giang", by="binh")

    def sent() -> int:
        form = forms_of(manager.get("/accounts/an"))[verb]
        return manager.post(form.path, form.filled(reason="x", role="auditor")).status_code

    before = kept(sqlite_store, "an")
    assert sent() == 409
    assert kept(sqlite_store, "an") == before
    with sqlite_store.write() as tx:
        accounts.introduce(tx, "giang", by="")
    assert sent() in (200, 303)
    assert kept(sqlite_store, "an") != before


@pytest.mark.parametrize("way", ["add", "change"])
def test_the_first_approver_is_not_made_by_mouse(
    manager: BrowserSession, sqlite_store: Store, way: str
) -> None:
    """Nobody could confirm that account, so who made it would be both persons of a proposal."""
    add_user(sqlite_store, "giang", role=UserRole.DEPUTY, now=now())
    name = {"add": "hoa", "change": "dung"}[way]

    def sent() -> tuple[int, str]:
        if way == "add":
            form = forms_of(manager.get("/accounts"))["accounts"]
            typed = {"account": name, "full_name": "Lê Thị Hoa", "role": "head", "language": "vi"}
        else:
            form = forms_of(manager.get("/accounts/dung"))["change"]
            typed = {"role": "head"}
        answer = manager.post(form.path, form.filled(reason="x", **typed))
        return answer.status_code, answer.text

    def approves() -> bool:
        with sqlite_store.read() as tx:
            account = accounts.named(tx, name)
        return account is not None and account.user.role is UserRole.HEAD

    with sqlite_store.write() as tx:
        accounts.introduce(tx, "giang", by="binh")
    status, page = sent()
    assert status == 409
    assert f"hub users {way} {name} --role head" in unescape(page)
    assert not approves()
    with sqlite_store.write() as tx:
        accounts.introduce(tx, "giang", by="")
    assert sent()[0] in (200, 303)
    assert approves()
    assert kept(sqlite_store, name).introduced_by == "binh"


def test_an_approver_confirms_another_one_in_the_inbox(
    manager: BrowserSession, sqlite_store: Store, look: Look
) -> None:
    """Once the person chose a password; what was reset meanwhile is not confirmed."""
    add_user(sqlite_store, "an", role=UserRole.HEAD, now=now())
    add_user(sqlite_store, "giang", role=UserRole.DEPUTY, now=now())
    operations.reset_password(sqlite_store, "giang", own="em", by=by())
    approver = look(sqlite_store, role=UserRole.HEAD, name="an")
    own = {"sec-fetch-site": "same-origin"}
    assert "has not chosen a password" in approver.get("/approvals").text
    with sqlite_store.write() as tx:
        accounts.set_password(tx, "giang", "x", given=False, now=now())
    form = forms_of(approver.get("/approvals"))["confirm"]
    filled = form.filled(reason="đã gặp")
    stale = {**filled, "form_id": "g" * 20, "version": "another"}
    assert approver.post(form.path, data=stale, headers=own).status_code == 409
    assert approver.post(form.path, data=filled, headers=own).status_code == 303
    assert kept(sqlite_store, "giang").introduced_by == ""
    assert "giang" not in approver.get("/approvals").text
    assert manager.post(form.path, filled | {"form_id": "h" * 20}).status_code in (403, 409)


def test_two_links_can_be_told_apart_in_the_audit(
    manager: BrowserSession, sqlite_store: Store
) -> None:
    """By digits that the account's page shows, too; the subject is not in the audit."""
    seen = []
    for subject in ("dung@id", "someone@id"):
        form = forms_of(manager.get("/accounts/dung"))["link"]
        manager.post(form.path, form.filled(reason="x", subject_of_provider=subject))
        page = manager.get("/accounts/dung").text
        found = re.search(r"In the audit: <code>([0-9a-f]{16})</code>", page)
        assert found
        seen.append(found[1])
        form = forms_of(manager.get("/accounts/dung"))["unlink"]
        manager.post(form.path, form.filled(reason="x"))
    with sqlite_store.read() as tx:
        objects = list(tx.execute(sa.select(audit.c.object).order_by(audit.c.seq)).scalars())
    first, second = seen
    assert first != second
    wanted = [f"dung {digits}" for digits in (first, first, second, second)]
    assert [it for it in objects if it.startswith("dung ")] == wanted
    assert not any("@" in it for it in objects)


def test_what_changed_meanwhile_is_not_acted_on(
    manager: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """409 with who changed what, and the form again."""
    form = forms_of(manager.get("/accounts/dung"))["retire"]
    access.lock(sqlite_store, "dung", own="binh", by={**by(), "now": clock()})
    answer = manager.post(form.path, form.filled(reason="chuyển công tác"))
    assert answer.status_code == 409
    assert "Another person changed account dung" in answer.text
    assert "Lê Văn An (account an) · locked the account: elsewhere" in answer.text
    assert kept(sqlite_store).retired_at is None


@pytest.mark.parametrize("verb", ["lock", "change", "retire"])
def test_nobody_does_to_the_own_account_what_another_person_should_see(
    manager: BrowserSession, sqlite_store: Store, verb: str
) -> None:
    """The page does not offer it, and a made-up form is refused."""
    forms = forms_of(manager.get("/accounts/binh"))
    assert verb not in forms
    form = forms["end-sessions"]
    filled = form.filled(reason="x", role="auditor", version=kept(sqlite_store, "binh").version)
    assert manager.post(f"/accounts/binh/{verb}", filled).status_code == 409
    assert kept(sqlite_store, "binh").user.role is UserRole.OPERATOR


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"reason": ""}, 422),
        ({"version": ""}, 422),
        ({"role": "king"}, 422),
        ({"role": "officer"}, 409),
        ({"role": "officer", "sector:none": "1"}, 409),
    ],
)
def test_a_wrong_form_changes_nothing(
    manager: BrowserSession, sqlite_store: Store, typed: dict[str, str], status: int
) -> None:
    """And says what is wrong."""
    before = kept(sqlite_store)
    form = forms_of(manager.get("/accounts/dung"))["change"]
    given = {"reason": "x", "role": "head", **typed}
    assert manager.post(form.path, form.filled() | given).status_code == status
    assert kept(sqlite_store) == before
    assert manager.post("/accounts/dung/promote", form.filled(reason="x")).status_code == 404
