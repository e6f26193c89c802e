"""The OpenAPI document as a page: operations with parameters, bodies and answers, then records."""

from collections.abc import Mapping
from typing import Any

import yaml

from hub.gateway.docs import contracts, schema_tables
from hub.gateway.docs.about_contract import about
from hub.gateway.docs.html import Html, code, element, join, link, marked, table
from hub.gateway.docs.pages import PREFIX, Page, Section, page_text
from hub.texts.catalog import Language

_FILE = "openapi.yaml"
_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
_FOR_PARTNERS = ("/v1/", "/oauth2/")
Node = Mapping[str, Any]


def page(language: Language) -> Page:
    """Return the page."""
    document: Node = yaml.safe_load(contracts.text(_FILE))
    paths = document["paths"]
    partners = {
        path: it
        for prefix in _FOR_PARTNERS
        for path, it in paths.items()
        if path.startswith(prefix)
    }
    others = {path: it for path, it in paths.items() if path not in partners}
    lead = join(page_text("rest_lead", language), " ", page_text("file", language), ": ")
    body = [
        element("p", lead, link(_FILE, f"{PREFIX}/{_FILE}")),
        element("h2", page_text("about", language), id="about"),
        about("rest", document["info"]["description"], language),
    ]
    sections = [Section("about", page_text("about", language))]
    for id, chosen in (("partners", partners), ("others", others)):
        sections.append(Section(id, page_text(id, language)))
        body.append(element("h2", page_text(id, language), id=id))
        for path, method, operation, shared in _operations(chosen):
            title = f"{method.upper()} {path}"
            sections.append(Section(operation["operationId"], title, is_part=True))
            body.append(_operation(document, path, method, operation, shared, language))
    sections.append(Section("records", page_text("records", language)))
    body.append(element("h2", page_text("records", language), id="records"))
    body += [
        _record(name, schema, language)
        for name, schema in document["components"]["schemas"].items()
    ]
    return Page(page_text("nav_rest", language), join(*body), sections)


def in_language(text: str, language: Language) -> str:
    """Return the half of a text that a contract has in both languages; else the whole."""
    vi, dot, en = " ".join(text.split()).partition(" · ")
    return en if dot and language is Language.EN else vi


def _operations(paths: Node) -> list[tuple[str, str, Node, list[Node]]]:
    return [
        (path, method, item[method], item.get("parameters", []))
        for path, item in paths.items()
        for method in _METHODS
        if method in item
    ]


def _operation(
    document: Node, path: str, method: str, operation: Node, shared: list[Node], language: Language
) -> Html:
    head = element(
        "h3",
        element("span", method.upper(), class_="method"),
        code(path),
        id=operation.get("operationId", ""),
    )
    parts = [head, element("p", marked(in_language(operation.get("summary", ""), language)))]
    parameters = [_found(document, it) for it in [*shared, *operation.get("parameters", [])]]
    if parameters:
        parts += [
            element("h4", page_text("parameters", language)),
            _parameters(parameters, language),
        ]
    if "requestBody" in operation:
        parts += [
            element("h4", page_text("body", language)),
            _body(operation["requestBody"], language),
        ]
    parts.append(_answers(document, operation["responses"], language))
    return element("section", *parts)


def _parameters(parameters: list[Node], language: Language) -> Html:
    head = [page_text(it, language) for it in ("name", "place", "type", "rule", "means")]
    rows: list[list[str]] = []
    for it in parameters:
        needed = element("span", page_text("needed", language), class_="needed")
        rows.append(
            [
                join(code(it["name"]), " ", needed if it.get("required") else ""),
                it["in"],
                schema_tables.kind(it.get("schema", {}), language),
                schema_tables.rule(it.get("schema", {}), language),
                marked(in_language(it.get("description", ""), language)),
            ]
        )
    return table(head, rows)


def _body(body: Node, language: Language) -> Html:
    parts = [element("p", marked(body["description"]))] if body.get("description") else []
    return join(*parts, element("p", *_contents(body, language)))


def _contents(of: Node, language: Language) -> list[Html]:
    """Return the media types of a body or an answer, each with its record."""
    found = []
    for media, it in of.get("content", {}).items():
        schema = it.get("schema", {})
        shown = schema_tables.kind(schema, language)
        found.append(join(code(media), " ", shown if shown != "object" else "", " "))
        if schema.get("properties") and "$ref" not in schema:
            found.append(schema_tables.fields(schema, language))
    return found


def _answers(document: Node, answers: Node, language: Language) -> Html:
    rows: list[list[str]] = []
    for status, given in answers.items():
        answer = _found(document, given)
        headers = [join(code(name), " ") for name in answer.get("headers", {})]
        shown = join(*_contents(answer, language), *headers)
        rows.append([code(str(status)), marked(answer["description"]), shown])
    head = [page_text(it, language) for it in ("status", "means", "body")]
    title = element("summary", page_text("answers", language))
    return element("details", title, table(head, rows))


def _record(name: str, schema: Node, language: Language) -> Html:
    parts = [element("h3", name, id=name)]
    if schema.get("description"):
        parts.append(element("p", marked(schema["description"])))
    if "properties" in schema:
        parts.append(schema_tables.fields(schema, language))
    else:
        kind, rule = schema_tables.kind(schema, language), schema_tables.rule(schema, language)
        parts.append(element("p", kind, " ", rule))
    return element("section", *parts)


def _found(document: Node, node: Node) -> Node:
    """Return a node, or what it refers to in the same document."""
    if "$ref" not in node:
        return node
    found: Any = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)
