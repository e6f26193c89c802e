"""The AsyncAPI document of the broker's channels, made from the topology and the catalogue.

`script/docs` writes it to `schemas/hub/asyncapi.json`, which the hub serves at `/docs`. Partners
have no place at the broker: the document is for the ward's own software and for its operators.
"""

import json
from typing import Any

import msgspec

from hub.broker.topology import TOPOLOGY, BrokerPolicy
from hub.messages import queues
from hub.messages.catalog import CATALOG, RECORDS
from hub.messages.envelope import Message
from hub.messages.message_type import MessageType
from hub.messages.schemas import FOLDER

EXAMPLES = FOLDER.parent / "examples"
_SCHEMAS = "#/components/schemas/{name}"
_WORK = "work"
_ANY = "anything"
_PARKED = (queues.DEAD, queues.INVALID)
"""What no role of the hub reads."""
_SENTENCES = {
    queues.INGEST: "What the records have to handle, once each.",
    queues.DEAD: "What was rejected or handed out too often. No role reads it; a person does.",
    queues.INVALID: "What breaks the hub's own contract, as it came. No role reads it; a person "
    "does.",
}
_ABOUT = """\
Every queue and exchange at RabbitMQ and what lies in it. The hub alone publishes here. Devices and
partners call the gateway instead (openapi.yaml, hub.wsdl): only there is a message checked, stored
and answered.

Messages are persistent and published with `mandatory` and confirms. The database is the truth: a
broker that was lost is filled from it again."""
_DELIVER = (
    "Work messages, each for one delivery to `{destination}`. The message itself stays in the "
    "database: losing, doubling or reordering work messages changes nothing but the time of a call."
)


def document() -> dict[str, Any]:
    """Return the document."""
    names = [queue.name for queue in TOPOLOGY.queues]
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "One-stop hub, the queues of its broker",
            "version": "1.0.0",
            "description": _ABOUT,
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "127.0.0.1:5672",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "The ward's RabbitMQ, `HUB_BROKER_URL`.",
                "security": [{"$ref": "#/components/securitySchemes/user"}],
            }
        },
        "channels": {**dict(map(_exchange, TOPOLOGY.exchanges)), **dict(map(_queue, names))},
        "operations": {key: value for name in names for key, value in _operations(name).items()},
        "components": {
            "securitySchemes": {
                "user": {"type": "userPassword", "description": "In the address of the broker."}
            },
            "schemas": _schemas(),
            "messages": {
                **{entry.routing_key: _message(entry) for entry in CATALOG},
                _WORK: _work(),
                _ANY: _anything(),
            },
        },
    }


def _schemas() -> dict[str, Any]:
    (_, envelope), (_, payloads) = (
        msgspec.json.schema_components(kinds, ref_template=_SCHEMAS)
        for kinds in ([Message], [entry.payload for entry in CATALOG])
    )
    work = {
        "type": "object",
        "description": "Asks for work on one delivery.",
        "properties": {"delivery": {"type": "integer", "minimum": 1}},
        "required": ["delivery"],
    }
    return {**envelope, **payloads, "Work": work}


def _anything() -> dict[str, Any]:
    return {
        "name": _ANY,
        "summary": "Bytes as they came; the headers of the broker say from which queue.",
        "contentType": "application/octet-stream",
        "payload": {},
    }


def text() -> str:
    """Return the document's file."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def _exchange(exchange: Any) -> tuple[str, dict[str, Any]]:
    behind = ", ".join(f"`{name}`" for name in TOPOLOGY.behind(exchange.name))
    return f"exchange.{exchange.name}", {
        "address": exchange.name,
        "description": f"Exchange of type {exchange.type.value}; behind it: {behind}.",
        "servers": [{"$ref": "#/servers/broker"}],
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": exchange.name,
                    "type": exchange.type.value,
                    "durable": True,
                    "autoDelete": False,
                },
                "bindingVersion": "0.3.0",
            }
        },
    }


def _queue(name: str) -> tuple[str, dict[str, Any]]:
    carried = _carried(name)
    channel: dict[str, Any] = {
        "address": name,
        "description": _sentence(name),
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in carried},
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {"name": name, "durable": True, "exclusive": False, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
        "x-queue-type": "quorum",
    }
    policy = TOPOLOGY.policy_of(name)
    if policy is not None:
        channel["x-policy"] = _policy(policy)
    if fields := _fields(name):
        channel["x-delivers"] = fields
    return name, channel


def _policy(policy: BrokerPolicy) -> dict[str, str | int]:
    return {"name": policy.name, **policy.definition()}


def _carried(name: str) -> list[str]:
    if name == queues.INGEST:
        return [entry.routing_key for entry in CATALOG if entry.reader == RECORDS]
    return [_WORK] if _destination(name) else [_ANY]


def _fields(name: str) -> list[str]:
    """Return the types whose deliveries a queue's work messages are about."""
    found = _destination(name)
    return [entry.routing_key for entry in CATALOG if found and entry.reader == found]


def _destination(name: str) -> str:
    head, _, found = name.partition(".")
    return found if name == queues.deliver_queue(found) and head != "hub" else ""


def _sentence(name: str) -> str:
    return _SENTENCES.get(name) or _DELIVER.format(destination=_destination(name))


def _operations(name: str) -> dict[str, dict[str, Any]]:
    channel = {"$ref": f"#/channels/{name}"}
    reader = "receive" if name == queues.INGEST else "deliver"
    sent = "The relay publishes it to the exchange `hub`, with the queue's name as routing key."
    if name == queues.DEAD:
        sent = "The broker puts it there, by the exchange `hub.dlx`."
    return {
        f"publish.{name}": {
            "action": "send",
            "channel": channel,
            "summary": sent,
            "bindings": {"amqp": _publishing(name)},
        },
        f"consume.{name}": {
            "action": "receive",
            "channel": channel,
            "summary": "A person reads it, with the tools of RabbitMQ (docs/runbook/broker.md)."
            if name in _PARKED
            else f"The role `{reader}` reads it and acknowledges it after its commit.",
            "bindings": {"amqp": {"ack": True, "bindingVersion": "0.3.0"}},
        },
    }


def _publishing(name: str) -> dict[str, Any]:
    return {
        "cc": [name],
        "deliveryMode": 2,
        "mandatory": True,
        "bindingVersion": "0.3.0",
    }


def _message(entry: MessageType) -> dict[str, Any]:
    envelope = {"$ref": _SCHEMAS.format(name="Message")}
    example = json.loads((EXAMPLES / f"{entry.routing_key}.json").read_text(encoding="utf-8"))
    return {
        "name": entry.name,
        "title": entry.routing_key,
        "summary": entry.sentence,
        "contentType": "application/json",
        "correlationId": {"location": "$message.payload#/correlation_id"},
        "payload": {
            "allOf": [
                envelope,
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": entry.name},
                        "version": {"const": entry.version},
                        "payload": {"$ref": _SCHEMAS.format(name=entry.payload.__name__)},
                    },
                },
            ]
        },
        "examples": [{"name": "example", "payload": example}],
        "x-said-by": entry.owner,
        "x-read-by": entry.reader,
        "x-personal-data": list(entry.personal),
    }


def _work() -> dict[str, Any]:
    return {
        "name": _WORK,
        "title": "Work on one delivery",
        "summary": "Asks for work on one delivery; it holds no data of a dossier.",
        "contentType": "application/json",
        "payload": {"$ref": _SCHEMAS.format(name="Work")},
        "examples": [{"name": "example", "payload": {"delivery": 17}}],
    }
