"""What a client may, and what its key is: pure rules."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.clients import access_tokens, api_keys
from hub.rules.clients.api_keys import ApiKey
from hub.rules.clients.client import (
    ANY,
    Client,
    NotAClient,
    RightsChange,
    checked,
    differences,
    is_in,
    networks,
)

PORTAL = Client(
    id="province-portal",
    operations=frozenset({"messages.accept"}),
    agencies=frozenset({"000.99.01.H57"}),
    addresses=("10.1.0.0/16", "2001:db8::/32"),
)


def test_a_client_may_what_it_was_given_and_nothing_else() -> None:
    """Operation, agency and address are each asked by name."""
    assert PORTAL.allows_operation("messages.accept")
    assert not PORTAL.allows_operation("files.fetch")
    assert PORTAL.allows_agency("000.99.01.H57")
    assert not PORTAL.allows_agency("000.99.01.H58")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.1.200.3", True),
        ("10.2.0.1", False),
        ("::ffff:10.1.0.9", True),
        ("::ffff:10.2.0.9", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_an_address_counts_by_its_network_in_either_writing(address: str, allowed: bool) -> None:
    """An IPv4 caller at an IPv6 socket is that IPv4 caller; what is no address is nowhere."""
    assert PORTAL.allows_address(address) is allowed


def test_a_client_without_networks_may_call_from_anywhere() -> None:
    """Also from where the address is not known (a Unix socket)."""
    anywhere = Client(id="a1", operations=frozenset({ANY}), agencies=frozenset({ANY}))
    assert anywhere.allows_address("unknown")


def test_every_problem_of_a_client_is_named_at_once() -> None:
    """An operator corrects a line once, not five times."""
    with pytest.raises(NotAClient) as refused:
        checked(
            Client(
                id="Province",
                operations=frozenset({"messages.acept"}),
                agencies=frozenset({"x y"}),
                addresses=("10.1.1.1/8",),
                calls_per_minute=-1,
            )
        )
    problems = str(refused.value).splitlines()
    assert len(problems) == 5
    for part in ("Province", "messages.acept", "'x y'", "10.1.1.1/8", "calls a minute"):
        assert any(part in problem for problem in problems), part


def test_a_change_of_rights_leaves_alone_what_it_does_not_name() -> None:
    """And says what differs, for the audit; an empty list of networks is from anywhere."""
    changed = RightsChange(addresses=(), calls_at_once=4).of(PORTAL)
    assert (changed.id, changed.operations) == (PORTAL.id, PORTAL.operations)
    assert differences(PORTAL, changed) == (
        "addresses 10.1.0.0/16,2001:db8::/32 -> anywhere; calls_at_once 0 -> 4"
    )
    assert differences(PORTAL, RightsChange().of(PORTAL)) == ""


def test_a_change_to_rights_that_cannot_be_is_refused() -> None:
    """By the same rules as a new client."""
    with pytest.raises(NotAClient, match="calls at once"):
        RightsChange(calls_at_once=-1).of(PORTAL)
    with pytest.raises(NotAClient, match=r"messages\.acept"):
        RightsChange(operations=frozenset({"messages.acept"})).of(PORTAL)


def test_a_client_without_operation_or_agency_is_refused() -> None:
    """Nothing named is not everything allowed."""
    with pytest.raises(NotAClient) as refused:
        checked(Client(id="a1", operations=frozenset(), agencies=frozenset()))
    assert len(str(refused.value).splitlines()) == 2


def test_networks_of_a_list_are_read_and_a_wrong_one_is_refused() -> None:
    """A mistyped network must not become none, which would mean anywhere."""
    assert is_in("10.0.0.7", networks("10.0.0.0/24, 192.0.2.1"))
    with pytest.raises(ValueError, match="300"):
        networks("10.0.0.0/300")


def test_a_key_is_read_as_it_was_made_and_matches_only_itself() -> None:
    """A key of one letter less, another mark or another secret is none, or another one."""
    key = api_keys.fresh()
    assert api_keys.read(key.text) == key
    assert api_keys.matches(key.digest, key)
    assert not api_keys.matches(key.digest, api_keys.fresh())
    for text in (key.text[:-1], key.text + "a", key.text.upper(), key.text[1:], f" {key.text}"):
        assert api_keys.read(text) is None


@given(st.text())
def test_any_text_is_a_key_or_none(text: str) -> None:
    """What a stranger sends as a key never raises."""
    assert api_keys.read(text) is None


def test_no_repr_and_no_log_line_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """A key in an error, a log or a test's output would be a key in the open."""
    key = api_keys.fresh()
    logging.getLogger("x").warning("%r %s", key, key)
    assert key.secret not in f"{key!r} {key} {[key]} {caplog.text}"
    assert ApiKey(key.prefix, key.secret) == key


def test_a_scope_names_operations_that_the_client_has() -> None:
    """Nothing asks for all of them; a name that is no operation is refused, also with `*`."""
    both = Client(
        id="a1", operations=frozenset({"files.store", "files.fetch"}), agencies=frozenset({ANY})
    )
    assert access_tokens.scope_of(both, "") == ""
    assert access_tokens.scope_of(both, "files.store  files.fetch files.store") == (
        "files.fetch files.store"
    )
    assert access_tokens.scope_of(both, "files.store messages.accept") is None
    everything = Client(id="a2", operations=frozenset({ANY}), agencies=frozenset({ANY}))
    assert access_tokens.scope_of(everything, "files.store") == "files.store"
    assert access_tokens.scope_of(everything, "*") is None
    assert access_tokens.narrowed(everything, "files.store").operations == {"files.store"}
    assert access_tokens.narrowed(everything, "") == everything


def test_a_token_has_a_form_that_no_key_has() -> None:
    """So that each is looked for in its own place."""
    token, key = access_tokens.fresh(), api_keys.fresh().text
    assert access_tokens.is_token(token)
    assert not access_tokens.is_token(key)
    assert api_keys.read(token) is None
