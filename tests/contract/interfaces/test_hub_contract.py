"""The hub's own OpenAPI file says what its way in does; its examples can be handed in."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import urllib3
import yaml
from fastapi import FastAPI

from hub.exchange.intake.accept import Intake
from hub.gateway.app import create_app
from hub.gateway.auth_audit import Denials
from hub.gateway.docs import pages as docs
from hub.gateway.serve import WebRole
from hub.messages.catalog import CATALOG, NOT_OF_DEVICES
from hub.messages.envelope import Attachment, Message
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.store.messages.blobs import BlobStore
from tests.support.database.stores import empty_store
from tests.support.works import now

SCHEMAS = Path(__file__).parents[3] / "schemas"
ELSEWHERE = {"/town/callbacks"}
"""Described in the partner's file; `/docs` is for people and shows this file."""
SAID_OUTSIDE = [e for e in CATALOG if e.owner not in {*NOT_OF_DEVICES, "records"}]
EDGE = "/edge/"
"""Between the hub and its own agents alone: `hub/rules/edge/protocol.py`."""


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SCHEMAS / "hub/openapi.yaml").read_text("utf-8"))
    return found


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    """A gateway with the ward's rules."""
    store = empty_store(tmp_path / "hub.db")
    files = BlobStore(tmp_path / "files", limit=100_000)
    intake = Intake(store, files, clock=now, validator=Records(Rulebook.load()))
    yield create_app(
        store,
        files,
        intake,
        denials=Denials(store, clock=now),
        intake_token="in",
        file_token="out",
    )
    intake.close()
    store.close()


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """Where the gateway answers."""
    web = WebRole(app, name="gateway", host="127.0.0.1", port=0)
    web.start()
    yield f"http://127.0.0.1:{web.port}"
    web.stop()


def test_the_file_names_every_route_and_no_other(openapi: dict[str, Any], app: FastAPI) -> None:
    """Path and method."""
    served = {
        (route.path, method.lower())  # type: ignore[attr-defined]
        for route in app.routes
        for method in route.methods  # type: ignore[attr-defined]
    }
    described = {
        (path, method)
        for path, item in openapi["paths"].items()
        for method in item
        if method != "parameters"
    }
    own = (docs.PREFIX, EDGE)
    other = {one for one in served if one[0] in ELSEWHERE or one[0].startswith(own)}
    assert served - other == described


def test_the_files_envelope_is_the_hubs(openapi: dict[str, Any]) -> None:
    """The same fields, the same ones needed."""
    for record in (Message, Attachment):
        schema = openapi["components"]["schemas"][record.__name__]
        fields = msgspec.structs.fields(record)
        assert set(schema["properties"]) == {field.encode_name for field in fields}
        assert set(schema["required"]) == {field.encode_name for field in fields if field.required}


@pytest.mark.parametrize("entry", SAID_OUTSIDE, ids=lambda entry: entry.name)
def test_each_example_can_be_handed_in_as_it_is(address: str, entry: Any) -> None:
    """First the file that it names, then the message; the answer is that of the file."""
    body = (SCHEMAS / f"examples/{entry.name}.v{entry.version}.json").read_bytes()
    token = {"Authorization": "Bearer in"}
    for file in json.loads(body).get("attachments", ()):
        content = (SCHEMAS / "examples/files" / file["name"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["size"])
        headers = token | {"X-Name": file["name"], "Content-Type": file["media_type"]}
        stored = urllib3.request("PUT", f"{address}/files", body=content, headers=headers)
        assert stored.status == 201
    for duplicate in (False, True):
        reply = urllib3.request("POST", f"{address}/messages", body=body, headers=token)
        assert reply.status == 202, reply.data
        assert reply.json()["duplicate"] is duplicate


def test_every_file_that_an_example_names_is_there() -> None:
    """Those of partners' messages, too."""
    for path in (SCHEMAS / "examples").glob("*.json"):
        for file in json.loads(path.read_bytes()).get("attachments", ()):
            content = (SCHEMAS / "examples/files" / file["name"]).read_bytes()
            found = hashlib.sha256(content).hexdigest(), len(content)
            assert found == (file["sha256"], file["size"]), path.name


def test_the_refusals_are_those_of_the_file(openapi: dict[str, Any], address: str) -> None:
    """Without a token, broken, over the limit: each status is described."""
    token = {"Authorization": "Bearer in"}
    described = openapi["paths"]["/messages"]["post"]["responses"]
    for body, headers, status in (
        (b"{}", {}, 401),
        (b"{", token, 422),
        (b" " * 300_000, token, 413),
    ):
        reply = urllib3.request("POST", f"{address}/messages", body=body, headers=headers)
        assert reply.status == status
        assert str(status) in described


@pytest.mark.parametrize(("left_out", "where"), [(0, "Content-Type"), (1, "X-Name")])
def test_file_without_a_header_is_refused_with_the_name_of_the_header(
    address: str, left_out: int, where: str
) -> None:
    """In the hub's own form, as every refusal; not in words of the web framework."""
    named = [("Content-Type", "application/pdf"), ("X-Name", "a.pdf")]
    headers = {"Authorization": "Bearer in"} | dict(named[:left_out] + named[left_out + 1 :])
    reply = urllib3.request("PUT", f"{address}/files", body=b"%PDF", headers=headers)
    assert reply.status == 422
    refused = reply.json()
    assert (refused["code"], refused["where"]) == ("envelope_invalid", where)
    assert refused["message"]
