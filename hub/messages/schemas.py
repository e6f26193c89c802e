"""JSON Schemas of the message types, derived from the catalogue: `python -m hub.messages.schemas`.

The files under schemas/messages are generated; a test fails when they drift. A released schema
never changes: a new version of the type is declared instead.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from hub.messages.catalog import CATALOG
from hub.messages.envelope import Message
from hub.messages.message_type import MessageType

FOLDER = Path(__file__).parents[2] / "schemas" / "messages"


def schema_of(entry: MessageType) -> dict[str, Any]:
    """Return the JSON Schema of a whole message of this type: envelope with payload."""
    (envelope,), parts = msgspec.json.schema_components([Message], ref_template="#/$defs/{name}")
    (payload,), more = msgspec.json.schema_components(
        [entry.payload], ref_template="#/$defs/{name}"
    )
    definitions = {**parts, **more}
    message = dict(definitions.pop("Message"))
    message["properties"] = {
        **message["properties"],
        "type": {"const": entry.name},
        "version": {"const": entry.version},
        "payload": payload,
    }
    del envelope
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{entry.routing_key}.json",
        "title": entry.routing_key,
        "description": entry.sentence,
        **{key: value for key, value in message.items() if key not in ("title", "description")},
        "$defs": definitions,
    }


def text_of(entry: MessageType) -> str:
    """Return the schema file's content."""
    return json.dumps(schema_of(entry), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Write one file a message type."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in CATALOG:
        (folder / f"{entry.routing_key}.json").write_text(text_of(entry), encoding="utf-8")


if __name__ == "__main__":
    write()
