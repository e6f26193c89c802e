"""Signing in: password, then one-time code, then a session; its use, its end.

Every attempt counts as failed until it was right (see `hub.store.users.sign_in_failures`). A right
password takes its own count back; codes are counted apart. The answer is the same for a wrong
password and an account that is not there, and takes as long. What was right or wrong for a known
account stands in the audit.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.operations.users.opening import Browser, OpenedSession, finish, open_session, record
from hub.operations.users.sign_in_room import SignInRoom
from hub.rules.users import keys, one_time_codes, passwords
from hub.rules.users.sign_in import (
    FREE_OF_NETWORK,
    MOST_CODES,
    SessionStage,
    account_of,
    source_of,
    source_of_network,
    source_of_session,
)
from hub.rules.users.visitor import Visitor
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.users import accounts, devices, recovery_codes, sessions, sign_in_failures
from hub.store.users.accounts import UserAccount
from hub.store.users.sessions import Session
from hub.texts import Explained, Text, both

_HASHES = threading.BoundedSemaphore(2)
"""Passwords that are hashed at once: each takes 64 MiB and a processor."""
_ROOM = SignInRoom()
"""Sign-ins that hash or wait for it; a further one is refused, so that it holds no thread."""
_SEEN_EVERY = timedelta(minutes=1)
CodeKey = Callable[[], bytes | None]
"""What gives the content of the key file."""


class SignInRefused(Explained):
    """It was wrong, or it is too early to try again; `text` says which."""


class SignInOver(Exception):
    """The sign-in took too long, or its session has ended: the person begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """Under what the attempts of one account from one place are counted."""

    account: str
    passwords: str
    codes: str
    network: str
    """"" for a known browser: guesses from its network do not touch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that is open, and whose it is."""

    visitor: Visitor
    session: Session
    form_token: str = field(repr=False)


def check_password(
    store: Store, name: str, password: str, *, browser: Browser, now: datetime
) -> OpenedSession:
    """Open a session that waits for the code. Raises SignInRefused."""
    name = name.strip().lower()
    with _one_of_few(store, name, browser, now):
        _begin(store, name, browser, now)
        with store.read() as tx:
            account = accounts.named(tx, name)
        known = account if account is not None and account.retired_at is None else None
        with _HASHES:
            right = passwords.matches(known.password if known else "", password)
            fresh = passwords.hashed(password) if known and right and _outdated(known) else ""
    with store.write() as tx:
        sign_in_failures.lock(tx)  # before the account, see docs/lock-order.md
        wrong = _refusal(tx, known if right else None)
        if known is None or wrong is not None:
            if known is not None:
                record(tx, known, "users.password", now, allowed=False)
        else:
            if fresh:
                accounts.keep_hash(tx, name, fresh, instead_of=known.password)
            _discount(tx, name, browser, now)
            return open_session(tx, known, SessionStage.CODE, browser, now)
    raise SignInRefused(wrong or both("users.sign_in_wrong"))


def check_code(
    store: Store, token: str, code: str, *, browser: Browser, code_key: CodeKey, now: datetime
) -> OpenedSession:
    """Finish a sign-in by a code of the person's device, or a recovery code.

    Raises SignInRefused and SignInOver.
    """
    session, account = _waiting(store, token, SessionStage.CODE, now)
    _begin_code(store, account, session, browser, now)
    with store.write() as tx:
        # Read again under the lock: the secret may be another one by now.
        locked = accounts.locked(tx, account.user.name)
        if locked is None or not locked.is_active:
            raise SignInOver
        how = _used_code(tx, locked, code, code_key, now)
        if how:
            return _finish(tx, locked, session, browser, how, now)
        record(tx, locked, "users.code", now, allowed=False)
    raise SignInRefused(both("users.code_wrong"))


def change_password(
    store: Store, token: str, old: str, new: str, *, browser: Browser, now: datetime
) -> OpenedSession:
    """Change the own password; other sessions end, this one goes on under a new token.

    Raises SignInRefused, SignInOver and WeakPassword.
    """
    with store.read() as tx:
        found = sessions.by_digest(tx, keys.digest(token), now=now)
    if found is None or found[0].stage is SessionStage.CODE:
        raise SignInOver
    name = found[1].user.name
    passwords.require_strong(new, name=name)  # before the attempt counts
    with _one_of_few(store, name, browser, now):
        _begin(store, name, browser, now)
        with _HASHES:
            right = passwords.matches(found[1].password, old)
            hashed = passwords.hashed(new)
    with store.write() as tx:
        account = accounts.locked(tx, name)
        if account is None or account.password != found[1].password:
            raise SignInOver
        if not right or old == new:
            record(tx, account, "users.change_password", now, allowed=False)
            refused = both("users.old_password_wrong" if not right else "users.same_password")
        else:
            accounts.set_password(tx, name, hashed, given=False, now=now)
            sessions.end_all(tx, name)
            _succeeded(tx, name, browser, now)
            record(tx, account, "users.change_password", now)
            return open_session(tx, account, SessionStage.WHOLE, browser, now)
    raise SignInRefused(refused)


def prove_password(
    store: Store, token: str, password: str, *, browser: Browser, now: datetime
) -> None:
    """Have the person of a session show the password again, for an act that outlasts the session.

    Raises SignInRefused and SignInOver.
    """
    _, account = _waiting(store, token, SessionStage.WHOLE, now)
    name = account.user.name
    with _one_of_few(store, name, browser, now):
        _begin(store, name, browser, now)
        with _HASHES:
            right = passwords.matches(account.password, password)
    with store.write() as tx:
        if right:
            _discount(tx, name, browser, now)
        else:
            record(tx, account, "users.password", now, allowed=False)
    if not right:
        raise SignInRefused(both("users.old_password_wrong"))


def signed_in(store: Store, token: str, *, now: datetime, uses: bool = True) -> SignedIn | None:
    """Return whose session it is, and at which stage; None where it opens nothing any more.

    `uses`: whether a person does something by it; a page that keeps itself fresh does not.
    """
    with store.read() as tx:
        found = sessions.by_digest(tx, keys.digest(token), now=now)
    if found is None:
        return None
    session, account = found
    if uses and now - session.last_seen_at >= _SEEN_EVERY:
        with store.write() as tx:
            sessions.seen(tx, session.id, now=now)
    return SignedIn(
        visitor=account.user.visitor,
        session=session,
        form_token=keys.form_token(token, account.user.name),
    )


def sign_out(store: Store, who: SignedIn, *, id: str = "", now: datetime) -> bool:
    """End the own session, or another of the same person; False where there is none."""
    name = who.visitor.name
    with store.write() as tx:
        ended = sessions.end(tx, id or who.session.id, user=name)
        if ended:
            actor = who.visitor.actor
            audit.record(tx, actor, "users.sign_out", object=id or who.session.id, now=now)
    return ended


def _used_code(tx: Tx, account: UserAccount, code: str, code_key: CodeKey, now: datetime) -> str:
    """Use up a code; return what it was, "" for a wrong one."""
    name, key = account.user.name, code_key()
    if key is not None:
        secret = one_time_codes.secret_of(name, account.code_salt, key=key)
        step = one_time_codes.step_of(secret, code, after=account.code_step, now=now)
        if step is not None and accounts.use_step(tx, name, step, salt=account.code_salt):
            return "code"
    digest = one_time_codes.recovery_digest(name, code)
    return "recovery code" if recovery_codes.use(tx, name, digest, now=now) else ""


def _finish(
    tx: Tx, account: UserAccount, session: Session, browser: Browser, how: str, now: datetime
) -> OpenedSession:
    name = account.user.name
    if not sessions.end(tx, session.id, user=name):
        raise SignInOver  # another request has finished it
    _succeeded(tx, name, browser, now)
    sign_in_failures.succeeded(tx, source_of_session(session.id))
    return finish(tx, account, browser, how, now)


def _waiting(
    store: Store, token: str, stage: SessionStage, now: datetime
) -> tuple[Session, UserAccount]:
    with store.read() as tx:
        found = sessions.by_digest(tx, keys.digest(token), now=now)
    if found is None or found[0].stage is not stage:
        raise SignInOver
    return found


def _begin(store: Store, name: str, browser: Browser, now: datetime) -> None:
    """Count an attempt. Raises SignInRefused where it comes too early."""
    with store.write() as tx:
        of = _sources(tx, name, browser, now)
        free_at = sign_in_failures.begin(tx, of.passwords, account=of.account, now=now)
        if free_at is None and of.network:
            free_at = sign_in_failures.begin(tx, of.network, free=FREE_OF_NETWORK, now=now)
            if free_at is not None:
                sign_in_failures.discount(tx, of.passwords, now=now)
    _require_free(free_at, now)


def _begin_code(
    store: Store, account: UserAccount, session: Session, browser: Browser, now: datetime
) -> None:
    """Count a code. Raises SignInRefused too early, and SignInOver after too many in a sign-in."""
    name, free_at = account.user.name, None
    with store.write() as tx:
        of, tried = _sources(tx, name, browser, now), source_of_session(session.id)
        over = sign_in_failures.counted(tx, tried) >= MOST_CODES
        if over:
            sessions.end(tx, session.id, user=name)
            record(tx, account, "users.codes", now, allowed=False)
        else:
            free_at = sign_in_failures.begin(tx, of.codes, account=of.account, now=now)
        if not over and free_at is None:
            free = MOST_CODES  # it ends before it waits
            sign_in_failures.begin(tx, tried, account=of.account, free=free, now=now)
    if over:
        raise SignInOver
    _require_free(free_at, now)


def _require_free(free_at: datetime | None, now: datetime) -> None:
    if free_at is not None:
        minutes = max(1, -((now - free_at) // timedelta(minutes=1)))
        raise SignInRefused(both("users.too_early", minutes=minutes))


def _discount(tx: Tx, name: str, browser: Browser, now: datetime) -> None:
    """Take back the count of a password that was right."""
    of = _sources(tx, name, browser, now)
    for source in filter(None, (of.passwords, of.network)):
        sign_in_failures.discount(tx, source, now=now)


def _succeeded(tx: Tx, name: str, browser: Browser, now: datetime) -> None:
    of = _sources(tx, name, browser, now)
    for source in (of.passwords, of.codes, of.network):
        sign_in_failures.succeeded(tx, source)


def _sources(tx: Tx, name: str, browser: Browser, now: datetime) -> _Sources:
    digest = keys.digest(browser.mark) if browser.mark else ""
    known = bool(digest) and devices.is_known(tx, name, digest, now=now)
    address, device = browser.address, digest if known else ""
    return _Sources(
        account=account_of(name),
        passwords=source_of(name, address=address, device=device),
        codes=source_of(name, address=address, device=device, codes=True),
        network="" if known else source_of_network(address),
    )


@contextmanager
def _one_of_few(store: Store, name: str, browser: Browser, now: datetime) -> Iterator[None]:
    """Be one of the few sign-ins at once. Raises SignInRefused.

    An attempt that comes too early is told so first: it takes no place from anybody.
    """
    with store.read() as tx:
        of = _sources(tx, name, browser, now)
        free_at = sign_in_failures.free_at(tx, (of.passwords, of.network), now=now)
    _require_free(free_at, now)
    source = of.network or of.passwords
    if not _ROOM.reserve(source, known=not of.network):
        raise SignInRefused(both("users.busy"))
    try:
        yield
    finally:
        _ROOM.leave(source)


def _refusal(tx: Tx, known: UserAccount | None) -> Text | None:
    """Return why the right password of an account opens nothing; None for no account, too."""
    if known is None:
        return both("users.sign_in_wrong")
    # Read again under the lock: it may be another password by now.
    locked = accounts.locked(tx, known.user.name)
    if locked is None or locked.retired_at is not None or locked.password != known.password:
        return both("users.sign_in_wrong")
    return None if locked.locked_at is None else both("users.sign_in_locked")


def _outdated(account: UserAccount) -> bool:
    return passwords.is_outdated(account.password)
