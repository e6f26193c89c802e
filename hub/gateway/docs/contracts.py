"""The contract files as they are served: with the address that the caller used."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "schemas"
EXAMPLE = FOLDER / "examples/files/TP-01.pdf"
"""The paper that the guide's examples send."""
PLACE = "http://127.0.0.1:8080"
"""The hub's address in files and pages, in the place of which the caller's is served."""
FILES = {"openapi.yaml": "application/yaml", "asyncapi.json": "application/json"}
"""Served as they are, with their media types; the WSDL is at `/soap?wsdl`."""


@cache
def text(name: str) -> str:
    """Return a contract file as it stands in the tree."""
    return (FOLDER / "hub" / name).read_text(encoding="utf-8")


def served(name: str, origin: str) -> bytes:
    """Return a contract file with `origin` as the hub's address."""
    return text(name).replace(PLACE, origin).encode()
