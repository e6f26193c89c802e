"""Clients and their secrets in the store: issued once, two live, retired for good; on both
databases."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from hub.operations.clients import changing, issuing
from hub.operations.clients.issuing import NotDone
from hub.operations.signed_by import SignedBy
from hub.operations.watchers.ending_secrets import KIND, EndingSecrets, finding
from hub.rules.clients import api_keys
from hub.rules.clients.client import ANY, Client, NotAClient, RightsChange
from hub.store.clients import registry, secrets
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.repair import tasks
from hub.store.schema.tables.exchange import audit as audit_table
from tests.support.works import now

CLIENT = Client(
    id="province-portal",
    operations=frozenset({"messages.accept"}),
    agencies=frozenset({ANY}),
    addresses=("10.0.0.0/8",),
    calls_per_minute=60,
)
YEAR = timedelta(days=365)


def by() -> SignedBy:
    """Return who decides in these tests."""
    return {"actor": "Trần Thị Bình", "reason": "a test", "now": now()}


def certificate(name: bytes, *, lasts: timedelta = YEAR) -> issuing.Certificate:
    """Return what is kept of a made-up certificate."""
    digest = f"public-key:{hashlib.sha256(name).hexdigest()}"
    return issuing.Certificate(digest, now() + lasts)


def test_an_issued_key_finds_its_client_and_the_store_never_held_it(store: Store) -> None:
    """Only the sha256 lies in the database; the audit names the prefix."""
    issued = issuing.add(store, CLIENT, lasts=YEAR, by=by())
    assert issued.key is not None
    with store.read() as tx:
        holder = secrets.by_prefix(tx, issued.key.prefix)
        rows = tx.exec_driver_sql("SELECT * FROM client_secrets").all()
        audited = [tuple(row) for row in tx.execute(audit_table.select())]
        assert audit.verify(tx) == (1, [])
    assert holder is not None
    assert holder.client == CLIENT
    assert api_keys.matches(holder.secret.digest, issued.key)
    assert issued.key.secret not in f"{rows} {audited} {issued!r} {holder!r}"
    assert issued.key.prefix in str(audited)


def test_two_secrets_are_live_together_and_a_third_is_refused(store: Store) -> None:
    """The client changes over while the old key works; nobody collects keys."""
    first = issuing.add(store, CLIENT, lasts=YEAR, by=by())
    second = issuing.rotate(store, CLIENT.id, lasts=YEAR, by=by())
    with pytest.raises(NotDone, match=f"--secret {first.kept.prefix}"):
        issuing.rotate(store, CLIENT.id, lasts=YEAR, by=by())
    issuing.retire(store, CLIENT.id, prefix=first.kept.prefix, by=by())
    with store.read() as tx:
        assert secrets.by_prefix(tx, first.kept.prefix) is None
        assert secrets.by_prefix(tx, second.kept.prefix) is not None
    issuing.rotate(store, CLIENT.id, lasts=YEAR, by=by())


def test_an_expired_secret_makes_room_for_a_new_one(store: Store) -> None:
    """A client that was forgotten can be given a key again without retiring first."""
    issuing.add(store, CLIENT, lasts=timedelta(seconds=-1), by=by())
    issuing.rotate(store, CLIENT.id, lasts=YEAR, by=by())
    issuing.rotate(store, CLIENT.id, lasts=YEAR, by=by())


def test_a_retired_client_is_gone_with_all_its_secrets_and_its_id_stays_taken(
    store: Store,
) -> None:
    """Its name in the audit never becomes somebody else's."""
    issued = issuing.add(store, CLIENT, lasts=YEAR, by=by())
    issuing.retire(store, CLIENT.id, by=by())
    with store.read() as tx:
        assert secrets.by_prefix(tx, issued.kept.prefix) is None
        assert [one.retired for one in registry.all_of(tx)] == [True]
    for act in (
        lambda: issuing.add(store, CLIENT, lasts=YEAR, by=by()),
        lambda: issuing.rotate(store, CLIENT.id, lasts=YEAR, by=by()),
        lambda: issuing.retire(store, CLIENT.id, by=by()),
    ):
        with pytest.raises(NotDone):
            act()


def test_changed_rights_are_those_of_the_next_call_and_stand_in_the_audit(store: Store) -> None:
    """The secret stays; who changed what, from what to what, and why."""
    issued = issuing.add(store, CLIENT, lasts=YEAR, by=by())
    rights = RightsChange(operations=frozenset({"files.fetch"}), calls_per_minute=9)
    assert changing.change(store, CLIENT.id, rights=rights, by=by()).calls_at_once == 0
    with store.read() as tx:
        holder = secrets.by_prefix(tx, issued.kept.prefix)
        rows = tx.execute(audit_table.select().order_by(audit_table.c.seq)).all()
        assert audit.verify(tx) == (2, [])
    assert holder is not None
    assert (holder.client.calls_per_minute, holder.client.addresses) == (9, CLIENT.addresses)
    assert holder.client.operations == {"files.fetch"}
    assert (rows[1].actor, rows[1].action) == ("Trần Thị Bình", "clients.change")
    assert rows[1].object == (
        "province-portal operations messages.accept -> files.fetch; calls_per_minute 60 -> 9"
    )


def test_a_change_that_changes_nothing_or_cannot_be_is_refused(store: Store) -> None:
    """Nothing is written; a retired client has no rights to change."""
    issuing.add(store, CLIENT, lasts=YEAR, by=by())
    with pytest.raises(NotDone, match="already"):
        changing.change(store, CLIENT.id, rights=RightsChange(calls_per_minute=60), by=by())
    with pytest.raises(NotAClient):
        changing.change(store, CLIENT.id, rights=RightsChange(addresses=("here",)), by=by())
    with store.read() as tx:
        assert audit.verify(tx) == (1, [])
    issuing.retire(store, CLIENT.id, by=by())
    with pytest.raises(NotDone, match="retired"):
        changing.change(store, CLIENT.id, rights=RightsChange(calls_at_once=1), by=by())


def test_a_refused_act_changes_nothing(store: Store) -> None:
    """No row of a client, a secret or the audit."""
    with pytest.raises(ValueError, match="no client id"):
        issuing.add(
            store,
            Client(id="X", operations=frozenset({ANY}), agencies=frozenset({ANY})),
            lasts=YEAR,
            by=by(),
        )
    with pytest.raises(NotDone):
        issuing.rotate(store, "nobody", lasts=YEAR, by=by())
    with pytest.raises(NotDone):
        issuing.add(
            store,
            CLIENT,
            lasts=YEAR,
            certificate=certificate(b"old", lasts=timedelta(seconds=-1)),
            by=by(),
        )
    with store.read() as tx:
        assert not registry.all_of(tx)
        assert audit.verify(tx) == (0, [])


def test_a_certificate_belongs_to_one_client(store: Store) -> None:
    """The same certificate for two clients would make them one."""
    given = certificate(b"key", lasts=timedelta(days=30))
    issued = issuing.add(store, CLIENT, lasts=YEAR, certificate=given, by=by())
    assert issued.key is None
    with pytest.raises(NotDone, match="registered already"):
        issuing.rotate(store, CLIENT.id, lasts=YEAR, certificate=given, by=by())
    with store.read() as tx:
        holder = secrets.by_certificate(tx, ["unknown", given.digest])
        assert secrets.by_certificate(tx, ["unknown"]) is None
    assert holder is not None
    assert holder.client.id == CLIENT.id
    assert holder.secret.ends_at == given.not_after


def test_the_most_exact_registration_of_a_certificate_counts(store: Store) -> None:
    """By its key it is one client's, though another has all certificates of those names."""
    by_key, by_names = certificate(b"key"), certificate(b"names")
    issuing.add(store, CLIENT, lasts=YEAR, certificate=by_names, by=by())
    issuing.add(store, replace(CLIENT, id="by-key"), lasts=YEAR, certificate=by_key, by=by())
    with store.read() as tx:
        holder = secrets.by_certificate(tx, [by_key.digest, by_names.digest])
    assert holder is not None
    assert holder.client.id == "by-key"


def test_a_certificate_that_ends_soon_is_a_task_until_a_renewed_one_is_shown(
    store: Store,
) -> None:
    """Nothing has to be registered again: the client calls with the renewed one."""
    given = certificate(b"key", lasts=timedelta(days=9))
    issued = issuing.add(store, CLIENT, lasts=YEAR, certificate=given, by=by())
    watch = EndingSecrets(store=store)
    assert watch.check(now()) == 1
    with store.write() as tx:
        (secret,) = secrets.of_client(tx, CLIENT.id)
        assert "renews its certificate" in finding(secret).repair.en
        secrets.shown(tx, issued.kept.prefix, ends_at=now() + YEAR)
    assert watch.check(now()) == 0
    assert open_subjects(store) == []


def open_subjects(store: Store) -> list[str]:
    """Return what the open tasks about ending secrets are about."""
    with store.read() as tx:
        return [task.subject for task in tasks.open_of_kind(tx, KIND)]


def test_a_secret_that_ends_soon_is_one_task_until_it_has_a_successor(store: Store) -> None:
    """14 days before its end, once; a successor closes the task."""
    issued = issuing.add(store, CLIENT, lasts=timedelta(days=15), by=by())
    watch = EndingSecrets(store=store)
    assert watch.check(now()) == 0
    later = now() + timedelta(days=2)
    assert watch.check(later) == 1
    assert watch.check(later) == 0
    assert open_subjects(store) == [f"{CLIENT.id} {issued.kept.prefix}"]
    issuing.rotate(store, CLIENT.id, lasts=YEAR, by=by())
    assert watch.check(later) == 0
    assert open_subjects(store) == []


def test_a_retired_client_has_no_task_about_its_secret(store: Store) -> None:
    """Nobody renews what nobody needs."""
    issuing.add(store, CLIENT, lasts=timedelta(days=3), by=by())
    watch = EndingSecrets(store=store)
    assert watch.check(now()) == 1
    issuing.retire(store, CLIENT.id, by=by())
    watch.check(now())
    assert open_subjects(store) == []
