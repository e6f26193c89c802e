"""An OpenAPI document is read by what it means, in JSON or YAML, version 2 or 3."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wire.contracts.openapi import document_of, names_in, read_openapi
from adapters.wire.contracts.refused import NotServed, UnreadableContract
from hub.rules.contracts import UNKNOWN, Contract, How, compare, fingerprint

SCHEMAS = Path(__file__).parents[3] / "schemas"
TEXTS = {
    name: (SCHEMAS / name / "openapi.yaml").read_text(encoding="utf-8")
    for name in ("provincial", "town_center")
}
DOCUMENTS: dict[str, Any] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
NAMES = {name: names_in(document_of(text)) for name, text in TEXTS.items()}


def read(text: str, partner: str = "town_center") -> Contract:
    """Return the contract in a text."""
    return read_openapi(document_of(text), names=NAMES[partner])


OURS = {name: read(text, name) for name, text in TEXTS.items()}


def changed(change: Callable[[Any], object], partner: str = "town_center") -> Contract:
    """Return the contract after a change to the document."""
    document = deepcopy(DOCUMENTS[partner])
    change(document)
    return read(json.dumps(document), partner)


def shuffled(raw: Any, draw: random.Random) -> Any:
    """Return a document whose keys stand in another order, with other words for people."""
    if isinstance(raw, list):
        return [shuffled(it, draw) for it in raw]
    if not isinstance(raw, dict):
        return raw
    pairs = [(key, shuffled(value, draw)) for key, value in raw.items()]
    draw.shuffle(pairs)
    words = {"description", "summary", "title"}
    return {
        key: "khác" if key in words and isinstance(value, str) else value for key, value in pairs
    }


@settings(max_examples=25)  # a whole document each; the shuffle meets every place in each of them
@pytest.mark.parametrize("partner", TEXTS)
@given(seed=st.integers(0, 2**32), indent=st.sampled_from([None, 1, 4]), as_json=st.booleans())
def test_another_way_of_writing_is_the_same_contract(
    partner: str, seed: int, indent: int | None, as_json: bool
) -> None:
    """JSON or YAML, order of keys, blanks, descriptions, servers, names of schemas."""
    document = shuffled(DOCUMENTS[partner], random.Random(seed))
    document["servers"] = [{"url": "https://noi-bo:8443/api"}]
    text = json.dumps(document, indent=indent) if as_json else yaml.safe_dump(document)
    assert fingerprint(read(text, partner)) == fingerprint(OURS[partner])


def test_a_schema_of_another_name_is_the_same_contract() -> None:
    """A generator's names of schemas are on no wire."""
    text = TEXTS["town_center"].replace("schemas/Outcome", "schemas/KetQua")
    text = text.replace("\n    Outcome:", "\n    KetQua:")
    assert text != TEXTS["town_center"]
    assert fingerprint(read(text)) == fingerprint(OURS["town_center"])


def test_paths_behind_a_prefix_are_the_same_paths() -> None:
    """A gateway puts `/api/v1` before them; the profile names the real addresses."""

    def move(document: Any) -> None:
        document["paths"] = {f"/api/v1{path}": it for path, it in document["paths"].items()}

    found = changed(move)
    assert set(found.operations) == set(OURS["town_center"].operations)
    assert compare(OURS["town_center"], found) == []


def schemas(document: Any) -> Any:
    """Return the named schemas of a document."""
    return document["components"]["schemas"]


def told(found: Contract, partner: str = "town_center") -> set[tuple[str, str, How]]:
    """Return what is told of a contract beside ours."""
    return {(it.operation, it.place, it.how) for it in compare(OURS[partner], found)}


def test_an_operation_that_is_gone_and_one_that_came_are_told() -> None:
    """By our name of it, a new one by its method and path."""

    def move(document: Any) -> None:
        document["paths"]["/tim-kiem"] = document["paths"].pop("/suc-khoe")

    assert told(changed(move)) == {("ping", "", How.REMOVED), ("GET /tim-kiem", "", How.ADDED)}


def test_a_field_that_is_wanted_now_is_told() -> None:
    """With its type, so that a person sees whether it has to be sent."""

    def want(document: Any) -> None:
        transfer = schemas(document)["Transfer"]
        transfer["properties"]["maDinhDanh"] = {"type": "string", "maxLength": 12}
        transfer["required"].append("maDinhDanh")

    (change,) = compare(OURS["town_center"], changed(want))
    assert (change.operation, change.place) == ("TiepNhanHoSo", "request/maDinhDanh")
    assert change.after == "string, maxLength 12"
    assert change.concerns_calls


def test_operations_that_share_one_address_are_told_apart() -> None:
    """The province's calls go to one address and say their operation in a key."""

    def tighten(document: Any) -> None:
        schemas(document)["LookUpCall"]["properties"]["madonvi"]["maxLength"] = 13

    found = changed(tighten, "provincial")
    assert told(found, "provincial") == {("TraCuuHoSo", "request/madonvi", How.CHANGED)}


def test_null_is_said_in_four_ways_and_is_one() -> None:
    """Of OpenAPI 3.0, 3.1, and of generators."""
    ways: list[dict[str, Any]] = [
        {"type": "string", "nullable": True},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"type": "string"}]},
    ]

    def of(way: dict[str, Any]) -> Contract:
        return changed(lambda it: schemas(it)["Transfer"]["properties"].update(moi=way))

    assert len({fingerprint(of(way)) for way in ways}) == 1


def test_swagger_2_is_read_with_its_bodies() -> None:
    """As older .NET services serve it."""
    document = {
        "swagger": "2.0",
        "basePath": "/api",
        "paths": {
            "/ho-so": {
                "post": {
                    "parameters": [
                        {"in": "body", "name": "x", "schema": {"$ref": "#/definitions/HoSo"}},
                        {"in": "header", "name": "X-A", "type": "string", "required": True},
                    ],
                    "responses": {"200": {"schema": {"type": "object"}}},
                }
            }
        },
        "definitions": {
            "HoSo": {"type": "object", "properties": {"SoBienNhan": {"type": "string"}}}
        },
    }
    parts = read(json.dumps(document)).operations["TiepNhanHoSo"].parts
    assert parts["request/SoBienNhan"] == "string, optional"
    assert parts["request/header x-a"] == "string"
    assert parts["reply/200/body"] == "object"


def test_a_schema_in_another_file_is_unknown() -> None:
    """It is not fetched, and differs from nothing."""

    def move(document: Any) -> None:
        schemas(document)["Transfer"] = {"$ref": "other.yaml#/Transfer"}

    found = changed(move)
    assert found.operations["TiepNhanHoSo"].parts["request"].startswith(UNKNOWN)
    assert compare(OURS["town_center"], found) == []


def test_a_schema_inside_itself_ends() -> None:
    """Also one that leads to itself by a reference alone."""

    def turn(document: Any) -> None:
        schemas(document)["Transfer"]["properties"]["con"] = {
            "$ref": "#/components/schemas/Transfer"
        }
        schemas(document)["Vong"] = {"$ref": "#/components/schemas/Vong"}
        schemas(document)["Transfer"]["properties"]["vong"] = {"$ref": "#/components/schemas/Vong"}

    parts = changed(turn).operations["TiepNhanHoSo"].parts
    assert parts["request/con"] == parts["request/vong"] == "as around it, optional"


@pytest.mark.parametrize(
    ("text", "failure", "why"),
    [
        ("<html></html>", NotServed, "XML or a page"),
        ("Not found", NotServed, "no OpenAPI"),
        ('{"error": "x"}', NotServed, "no OpenAPI"),
        ("[]", NotServed, "no OpenAPI"),
        ('{"openapi": "3.0.0"', UnreadableContract, "no JSON"),
        ("openapi: [1", UnreadableContract, "no YAML at line 2"),
        ('{"openapi": "3.1.0", "paths": {}}', UnreadableContract, "without a path"),
        ('{"openapi": ' + "[" * 5_000, UnreadableContract, "no JSON"),
        ('{"openapi": ' + "[" * 300 + "]" * 300 + "}", UnreadableContract, "nested too deep"),
        ("openapi: " + "[" * 300 + "]" * 300, UnreadableContract, "nested too deep"),
        ("openapi: " + "[" * 1_000_000, UnreadableContract, "nested too deep"),
        ("- " * 1_000_000, UnreadableContract, "nested too deep"),
        ("- a\n" * 250_000, UnreadableContract, "too large"),
        ("openapi: 3.0.0\n? [a]\n: b", UnreadableContract, "a key that is no text"),
        ("openapi: &x\n  paths: *x\n", UnreadableContract, "what is around it"),
    ],
)
def test_what_is_no_openapi_is_refused(text: str, failure: type[Exception], why: str) -> None:
    """A page, an error, half a document, one made to grow without end."""
    with pytest.raises(failure, match=why):
        read(text)


def test_aliases_repeat_what_they_name_and_cannot_make_it_grow_without_end() -> None:
    """Ten levels of ten aliases are a million fields; they are never built."""
    fields = "".join(f"      f{n}: *a{{0}}\n" for n in range(10))
    levels = "".join(f"  l{n}: &a{n + 1}\n    properties:\n{fields.format(n)}" for n in range(9))
    text = (
        f"openapi: 3.1.0\nx:\n  l: &a0 {{type: string}}\n{levels}"
        "paths:\n  /suc-khoe:\n    get:\n      responses:\n"
        "        '200': {content: {application/json: {schema: *a"
    )
    small = read(text + "1}}}\n").operations["ping"].parts
    assert small["reply/200/body/f9"] == "string, optional"
    with pytest.raises(UnreadableContract, match="more than"):
        read(text + "9}}}\n")
