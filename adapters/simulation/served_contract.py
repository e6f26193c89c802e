"""The contract that a simulated partner serves: our own files, changed where a fault says so."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import yaml

from adapters.simulation.partner import Answer, Call

OPERATION = "contract"
"""The name under which faults concern it; others pass it by."""
NEW = "thoiGianXuLy"
"""The field that a changed contract has beside ours."""
_OF_REPLIES = {"error_code", "success"}
"""Fields by which a schema of a reply is known."""
_XML = b"text/xml; charset=utf-8"
_MESSAGE = '<xs:element name="message" type="t:Chuoi"/>'


def wsdl(call: Call, folder: Path) -> Answer | None:
    """Return the WSDL in `folder` (`?wsdl`) or a schema of it (`?xsd=NAME`), None for other calls.

    As most stacks do, it names its schemas by a query of its own address.
    """
    query = parse_qs(call.query.decode("latin-1"), keep_blank_values=True)
    if "wsdl" in {name.lower() for name in query}:
        (file,) = folder.glob("*.wsdl")
    elif (named := query.get("xsd", [""])[0]) in {it.name for it in folder.glob("*.xsd")}:
        file = folder / named
    else:
        return None
    text = file.read_text(encoding="utf-8").replace('schemaLocation="', 'schemaLocation="?xsd=')
    return Answer(body=text.encode(), content_type=_XML)


def openapi(call: Call, file: Path) -> Answer | None:
    """Return the OpenAPI document as `/openapi.yaml` or `/openapi.json`, None for other calls."""
    match call.path:
        case "/openapi.yaml":
            return Answer(body=file.read_bytes(), content_type=b"application/yaml")
        case "/openapi.json":
            return Answer(body=json.dumps(_document(file)).encode())
    return None


def changed(answer: Answer) -> Answer:
    """Return a served document as its next version: replies carry one more field."""
    if answer.content_type == _XML:
        more = f'{_MESSAGE}<xs:element name="{NEW}" type="t:Chuoi" minOccurs="0"/>'
        return replace(answer, body=answer.body.replace(_MESSAGE.encode(), more.encode()))
    document: Any = yaml.load(answer.body, Loader=yaml.CSafeLoader)
    for schema in document["components"]["schemas"].values():
        fields = schema.get("properties", {})
        if _OF_REPLIES & fields.keys():
            fields[NEW] = {"type": "string"}
    return replace(answer, body=json.dumps(document).encode())  # JSON is YAML, too


@cache
def _document(file: Path) -> Mapping[str, Any]:
    read: Mapping[str, Any] = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    return read
