"""The AsyncAPI document as a page: exchanges and queues, then the messages with their payloads."""

import json
from collections.abc import Mapping
from typing import Any

from hub.gateway.docs import contracts, schema_tables
from hub.gateway.docs.about_contract import about
from hub.gateway.docs.html import Html, code, element, join, link, marked
from hub.gateway.docs.pages import PREFIX, Page, Section, page_text
from hub.texts.catalog import Language

_FILE = "asyncapi.json"
Node = Mapping[str, Any]


def page(language: Language) -> Page:
    """Return the page."""
    document: Node = json.loads(contracts.text(_FILE))
    parts = document["components"]
    body = [
        element("p", page_text("queues_lead", language)),
        element("p", page_text("file", language), ": ", link(_FILE, f"{PREFIX}/{_FILE}")),
        about("queues", document["info"]["description"], language),
        element("h2", page_text("exchanges", language), id="exchanges"),
        *(_channel(it, language) for it in document["channels"].values()),
        element("h2", page_text("messages", language), id="messages"),
        *(_message(id, it, parts["schemas"], language) for id, it in parts["messages"].items()),
        element("h2", page_text("records", language), id="records"),
        *(
            element("section", element("h3", name, id=name), _record(it, language))
            for name, it in parts["schemas"].items()
        ),
    ]
    sections = [Section(id, page_text(id, language)) for id in ("exchanges", "messages", "records")]
    return Page(page_text("nav_queues", language), join(*body), sections)


def _channel(channel: Node, language: Language) -> Html:
    address = channel["address"]
    parts = [element("p", marked(channel["description"]))]
    carried = [link(name, f"#m-{name}") for name in channel.get("messages", {})]
    if carried:
        parts.append(element("p", page_text("carries", language), ": ", *_spaced(carried)))
    delivers = [link(name, f"#m-{name}") for name in channel.get("x-delivers", ())]
    if delivers:
        parts.append(element("p", page_text("delivers", language), ": ", *_spaced(delivers)))
    if policy := channel.get("x-policy"):
        rules = [code(f"{key}: {value}") for key, value in policy.items()]
        parts.append(element("p", page_text("policy", language), ": ", *_spaced(rules)))
    return element("section", element("h3", code(address), id=f"q-{address}"), *parts)


def _message(id: str, message: Node, schemas: Node, language: Language) -> Html:
    parts = [element("p", marked(message["summary"]))]
    if "x-said-by" in message:
        parts.append(
            element(
                "p",
                *(page_text("said_by", language), ": ", code(message["x-said-by"]), " · "),
                *(page_text("read_by", language), ": ", code(message["x-read-by"])),
            )
        )
        payload = message["payload"]["allOf"][1]["properties"]["payload"]["$ref"]
        name = payload.rpartition("/")[2]
        parts.append(schema_tables.fields(schemas[name], language))
    return element("section", element("h3", code(id), id=f"m-{id}"), *parts)


def _record(schema: Node, language: Language) -> Html:
    parts = element("p", marked(schema.get("description", "")))
    if "properties" in schema:
        return join(parts, schema_tables.fields(schema, language))
    return join(parts, element("p", schema_tables.kind(schema, language)))


def _spaced(parts: list[Html]) -> list[Html]:
    return [join(part, " ") for part in parts]
