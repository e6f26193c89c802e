"""Two contracts compared: what differs is told once, at its top; what is the same is silent."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.contracts import (
    UNKNOWN,
    Contract,
    ContractChange,
    ContractOperation,
    How,
    above,
    compare,
    fingerprint,
)


@dataclass(frozen=True)
class Field:
    """A field with those inside."""

    what: str
    inside: dict[str, "Field"]


WHATS = st.sampled_from(["string", "int", "string, optional", "many"])
NAMES = st.sampled_from(["MaHoSo", "TenTTHC", "data", "result"])
FIELDS = st.recursive(
    st.builds(Field, WHATS, st.just({})),
    lambda inner: st.builds(Field, WHATS, st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)


def operation_of(root: Field) -> ContractOperation:
    """Return an operation whose request is this field."""
    made = ContractOperation(parts={"": "document"})

    def put(place: str, field: Field) -> None:
        made.parts[place] = field.what
        if len(field.inside) > 1:
            made.orders[place] = tuple(field.inside)
        for name, inner in field.inside.items():
            put(f"{place}/{name}", inner)

    put("request", root)
    return made


CONTRACTS = st.builds(
    lambda operations: Contract(
        form="WSDL", operations={name: operation_of(root) for name, root in operations.items()}
    ),
    st.dictionaries(st.sampled_from(["DangNhap", "TraCuuHoSo"]), FIELDS, max_size=2),
)


@given(CONTRACTS, CONTRACTS)
def test_a_difference_is_told_if_and_only_if_there_is_one(one: Contract, other: Contract) -> None:
    """Equal fingerprints have nothing to tell, other ones never keep silent."""
    assert (compare(one, other) == []) == (fingerprint(one) == fingerprint(other))


@given(CONTRACTS, CONTRACTS)
def test_what_came_one_way_went_the_other(one: Contract, other: Contract) -> None:
    """Comparing backwards tells the same places."""
    forth = {(it.operation, it.place, it.how): (it.before, it.after) for it in compare(one, other)}
    swapped = {How.ADDED: How.REMOVED, How.REMOVED: How.ADDED}
    back = {
        (it.operation, it.place, swapped.get(it.how, it.how)): (it.after, it.before)
        for it in compare(other, one)
    }
    assert forth == back


@given(CONTRACTS, CONTRACTS)
def test_of_what_came_or_went_as_a_whole_only_the_top_is_told(
    one: Contract, other: Contract
) -> None:
    """A new record of a hundred fields is one line."""
    changes = compare(one, other)
    told = {(it.operation, it.place) for it in changes if it.how in {How.ADDED, How.REMOVED}}
    for operation, place in told:
        while place := above(place):
            assert (operation, place) not in told


def contract(missing: tuple[str, ...] = (), **parts: str) -> Contract:
    """Return a contract with one operation."""
    return Contract(
        form="WSDL",
        operations={
            "Op": ContractOperation(parts={it.replace("_", "/"): parts[it] for it in parts})
        },
        missing=missing,
    )


def test_what_a_partner_does_not_serve_differs_from_nothing() -> None:
    """A schema that cannot be had is told as that, not as a hundred fields that are gone."""
    whole = contract(request="{urn:x}Op", request_a="string", request_a_b="int")
    bare = contract(("/x.xsd",), request=f"{UNKNOWN} {{urn:x}}Op")
    (change,) = compare(whole, bare)
    assert (change.operation, change.place, change.how) == ("", "/x.xsd", How.REMOVED)


def test_an_operation_that_the_hub_came_to_call_or_not_to_call_did_not_change() -> None:
    """A line of the profile (unsupported.operations) is no change of the partner's."""
    called = Contract(form="WSDL", operations={"Op": ContractOperation(parts={"": "document"})})
    named = Contract(form="WSDL", operations={"Op": ContractOperation()})
    assert compare(called, named) == compare(named, called) == []


@pytest.mark.parametrize(
    ("change", "concerns"),
    [
        (ContractChange(operation="Op", place="", how=How.REMOVED), True),
        (ContractChange(operation="Op", place="", how=How.ADDED), False),
        (ContractChange(operation="Op", place="", how=How.CHANGED), True),
        (ContractChange(operation="Op", place="request/a", how=How.ADDED, after="string"), True),
        (
            ContractChange(operation="Op", place="request/a", how=How.ADDED, after="int, optional"),
            False,
        ),
        (ContractChange(operation="Op", place="request/a", how=How.REMOVED), True),
        (ContractChange(operation="Op", place="request", how=How.REORDERED), True),
        (ContractChange(operation="Op", place="reply/a", how=How.REMOVED), False),
        (ContractChange(operation="", place="/x.xsd", how=How.REMOVED), False),
    ],
)
def test_what_may_have_calls_refused_is_told_apart(change: ContractChange, concerns: bool) -> None:
    """A field that must be sent, one that may not be sent any more, another order, no operation."""
    assert change.concerns_calls is concerns
