"""An OpenAPI 3 or Swagger 2 document, in JSON or YAML, as a `Contract`.

An operation has the name that the shipped contract gives to its method and path; paths that all
begin with the same prefix (`/api/v1`) are the same paths. Descriptions, examples, servers and names
of schemas are left out. Where one address takes several operations told apart by a key, each is an
operation of its own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from adapters.wire.contracts.json_schemas import JsonTree
from adapters.wire.contracts.refused import NotServed, UnreadableContract
from adapters.wire.contracts.yaml_texts import DEEPEST, texts_of
from hub.rules.contracts import Contract, ContractOperation

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_PARAMETER = re.compile(r"\{[^}/]*\}")
Names = Mapping[tuple[str, str], str]
"""(method, path) of the shipped contract -> name of the operation."""


def document_of(text: str) -> Any:
    """Return a document in which all scalars are texts; raises Unreadable or NotServed."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return _texts(msgspec.json.decode(text))
        except (msgspec.DecodeError, RecursionError):
            raise UnreadableContract("no JSON") from None
    if text.lstrip()[:1] == "<":
        raise NotServed("XML or a page where OpenAPI is expected")
    return texts_of(text)


def _texts(raw: Any, deep: int = 0) -> Any:
    """Return a document read from JSON with texts in the place of its scalars."""
    if deep > DEEPEST:
        raise UnreadableContract("nested too deep")
    if isinstance(raw, dict):
        return {str(key): _texts(value, deep + 1) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_texts(value, deep + 1) for value in raw]
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return "null" if raw is None else str(raw)


def names_in(document: Any) -> dict[tuple[str, str], str]:
    """Return (method, path) -> name of every operation of the shipped contract."""
    return {
        (method, _path(path)): raw.get("operationId", "") for method, path, raw in _every(document)
    }


def read_openapi(document: Any, *, names: Names) -> Contract:
    """Return the contract; `names` are those of the shipped one. Raises NotServed, Unreadable."""
    if not isinstance(document, Mapping) or not ({"openapi", "swagger"} & set(document)):
        raise NotServed("a document that is no OpenAPI")
    operations: dict[str, ContractOperation] = {}
    found = list(_every(document))
    prefix = _prefix([_path(path) for _, path, _ in found], {path for _, path in names})
    for method, path, raw in found:
        plain = _path(path)
        key = (method, plain.removeprefix(prefix) if prefix else plain)
        if key not in names:
            operations[f"{method.upper()} {plain}"] = ContractOperation()
            continue
        operations |= _operation(document, names[key], raw)
    if not operations:
        raise UnreadableContract("OpenAPI without a path")
    return Contract(form="OpenAPI", operations=operations)


def _every(document: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    paths = document.get("paths") if isinstance(document, Mapping) else None
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        if not isinstance(item, Mapping):
            continue
        for method, raw in item.items():
            if method in _METHODS and isinstance(raw, Mapping):
                shared = item.get("parameters")
                if isinstance(shared, list):
                    own = raw.get("parameters")
                    both = [*shared, *(own if isinstance(own, list) else [])]
                    raw = {**raw, "parameters": both}
                yield method, path, raw


def _path(path: str) -> str:
    return _PARAMETER.sub("{}", path).rstrip("/") or "/"


def _prefix(theirs: list[str], ours: set[str]) -> str:
    """Return what stands before our paths in theirs, "" where they are ours as they are."""
    ends = {path[: -len(own)] for path in theirs for own in ours if path.endswith(own)}
    return max(
        sorted(ends),
        key=lambda prefix: (sum(it.removeprefix(prefix) in ours for it in theirs
                                if it.startswith(prefix)), -len(prefix)),
        default="",
    )  # fmt: skip


def _operation(document: Any, name: str, raw: Mapping[str, Any]) -> dict[str, ContractOperation]:
    """Return an operation, and those that its request holds beside one another."""
    tree = JsonTree(document)
    tree.put("", ["deprecated" if raw.get("deprecated") == "true" else ""])
    body: Any = None
    for parameter in raw.get("parameters", ()) if isinstance(raw.get("parameters"), list) else ():
        node = tree.followed(parameter)[0]
        if isinstance(node, Mapping) and node.get("in") == "body":
            body = {"schema": node.get("schema"), "required": node.get("required", "false")}
        elif isinstance(node, Mapping):
            _parameter(tree, node)
    request = tree.followed(raw.get("requestBody"))[0]
    if isinstance(request, Mapping):
        body = {"schema": _content(request), "required": request.get("required", "false")}
    inner: dict[str, ContractOperation] = {}
    if body is not None and body["schema"] is not None:
        inner = _request(tree, body)
    responses = raw.get("responses")
    for status, reply in sorted(responses.items()) if isinstance(responses, Mapping) else ():
        _reply(tree, status, tree.followed(reply)[0])
    return {name: tree.made, **inner}


def _request(tree: JsonTree, body: Mapping[str, Any]) -> dict[str, ContractOperation]:
    found, _ = tree.followed(body["schema"])
    optional = body["required"] != "true"
    mapped = isinstance(found, Mapping) and isinstance(found.get("discriminator"), Mapping)
    if not mapped or "oneOf" not in found:
        tree.schema("request", body["schema"], optional=optional)
        return {}
    tree.put("request", ["one of several operations"])
    inner: dict[str, ContractOperation] = {}
    for label, branch in tree.branches(found, "oneOf"):
        one = JsonTree(tree.document)
        one.put("", [""])
        one.schema("request", branch)
        inner[label] = one.made
    return inner


def _parameter(tree: JsonTree, node: Mapping[str, Any]) -> None:
    where, name = node.get("in", ""), node.get("name", "")
    if where == "path":
        name = "{}"  # known by its place in the path
    schema = node.get("schema") or {key: node[key] for key in node if key not in _OF_PARAMETER}
    place = f"request/{where} {name.lower() if where == 'header' else name}"
    tree.schema(place, schema, optional=node.get("required") != "true")


_OF_PARAMETER = {"in", "name", "required", "description", "schema"}


def _reply(tree: JsonTree, status: str, reply: Any) -> None:
    place = f"reply/{status}"
    tree.put(place, [""])
    schema = _content(reply) if isinstance(reply, Mapping) else None
    if schema is not None:
        tree.schema(f"{place}/body", schema)


def _content(raw: Mapping[str, Any]) -> Any:
    """Return the schema of a body: the one of JSON, where there are several media types."""
    if "schema" in raw:  # Swagger 2
        return raw["schema"]
    content = raw.get("content")
    if not isinstance(content, Mapping) or not content:
        return None
    kinds = sorted(content, key=lambda kind: ("json" not in kind, kind))
    best = content[kinds[0]]
    return best.get("schema", {}) if isinstance(best, Mapping) else None
