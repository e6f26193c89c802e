"""Access tokens in the store: as good as their secret, no longer and for no more; on both
databases."""

from datetime import timedelta

from hub.operations.clients import changing, issuing
from hub.operations.signed_by import SignedBy
from hub.rules.clients import access_tokens, api_keys
from hub.rules.clients.access_tokens import LIFETIME
from hub.rules.clients.client import RightsChange
from hub.store.clients import tokens
from hub.store.clients.secrets import Holder
from hub.store.engine.store import Store
from tests.support.gateway.clients import add_client
from tests.support.works import now

CLIENT = "province-portal"
RIGHTS = frozenset({"files.store", "messages.accept"})


def by() -> SignedBy:
    """Return who decides in these tests."""
    return {"actor": "Trần Thị Bình", "reason": "a test", "now": now()}


def issue(store: Store, secret: str, scope: str = "", *, lasts: timedelta = LIFETIME) -> str:
    """Keep a token of a secret; return its digest."""
    digest = api_keys.digest(access_tokens.fresh())
    with store.write() as tx:
        tokens.add(tx, digest, secret=secret, scope=scope, now=now(), expires_at=now() + lasts)
    return digest


def holder_of(store: Store, digest: str) -> Holder | None:
    """Return the holder of a token."""
    with store.read() as tx:
        return tokens.by_digest(tx, digest)


def test_a_token_ends_before_its_key_and_with_it(store: Store) -> None:
    """Never later than the key, which a person may retire at any time."""
    key = add_client(store, operations=RIGHTS, lasts=timedelta(minutes=2), now=now())
    digest = issue(store, key.prefix)
    holder = holder_of(store, digest)
    assert holder is not None
    assert holder.client.operations == RIGHTS
    assert holder.secret.expires_at < now() + LIFETIME
    short = holder_of(store, issue(store, key.prefix, lasts=timedelta(seconds=-1)))
    assert short is not None
    assert not short.secret.is_live(now())
    issuing.retire(store, CLIENT, prefix=key.prefix, by=by())
    assert holder_of(store, digest) is None


def test_a_token_is_gone_with_its_client(store: Store) -> None:
    """Also where its key was not retired by itself."""
    digest = issue(store, add_client(store, now=now()).prefix)
    issuing.retire(store, CLIENT, by=by())
    assert holder_of(store, digest) is None


def test_a_scope_narrows_and_never_widens(store: Store) -> None:
    """A right that is taken from the client is taken from its tokens, too."""
    key = add_client(store, operations=RIGHTS, now=now())
    narrow, whole = issue(store, key.prefix, "files.store"), issue(store, key.prefix)
    changing.change(
        store, CLIENT, rights=RightsChange(operations=frozenset({"messages.accept"})), by=by()
    )
    for digest, left in ((narrow, set()), (whole, {"messages.accept"})):
        holder = holder_of(store, digest)
        assert holder is not None
        assert holder.client.operations == left


def test_a_removed_token_is_of_nobody(store: Store) -> None:
    """Until then the store says whose it is."""
    digest = issue(store, add_client(store, now=now()).prefix)
    with store.write() as tx:
        assert tokens.client_of(tx, digest) == CLIENT
        tokens.remove(tx, digest)
        assert tokens.client_of(tx, digest) is None
    assert holder_of(store, digest) is None


def test_tokens_that_are_over_are_deleted_with_the_next_one(store: Store) -> None:
    """The table holds what is live; those of other keys stay untouched."""
    key, other = add_client(store, now=now()), add_client(store, "other", now=now())
    for prefix in (key.prefix, key.prefix, other.prefix):
        issue(store, prefix, lasts=timedelta(seconds=-1))
    live = issue(store, key.prefix)
    with store.read() as tx:
        rows = tx.exec_driver_sql("SELECT digest, secret FROM client_tokens").all()
    assert {row.secret for row in rows} == {key.prefix, other.prefix}
    assert [row.digest for row in rows if row.secret == key.prefix] == [live]
