"""Reads a partner's contract, the shipped one and the one that is served, into one form."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from adapters.wire.contracts.fetch import Away, Documents
from adapters.wire.contracts.openapi import document_of, names_in, read_openapi
from adapters.wire.contracts.refused import NotServed, UnreadableContract
from adapters.wire.contracts.wsdl import read_wsdl
from adapters.wire.xml import new_parser
from hub.ports import Fetched, FetchOutcome
from hub.rules.contracts import Contract


@dataclass(kw_only=True)
class _Reader:
    """What both kinds have in common; see `hub.ports.ContractReader`."""

    name: str
    address: str
    path: Path
    """The shipped document."""
    documents: Documents

    def fetch(self, stop: threading.Event) -> Fetched:
        """Ask the partner; see `hub.ports.ContractReader`."""
        self.documents.begin(self.address, stop)
        try:
            return Fetched(outcome=FetchOutcome.SERVED, contract=self._served())
        except NotServed as error:
            return Fetched(outcome=FetchOutcome.NONE, why=str(error))
        except (UnreadableContract, RecursionError) as error:
            why = str(error) if isinstance(error, UnreadableContract) else "nested too deep"
            return Fetched(outcome=FetchOutcome.UNREADABLE, why=why)
        except Away as error:
            return Fetched(outcome=FetchOutcome.AWAY, why=str(error), retry_after=error.wait)

    def _served(self) -> Contract:
        raise NotImplementedError

    def close(self) -> None:
        """Give back connections."""
        self.documents.close()


@dataclass(kw_only=True)
class WsdlReader(_Reader):
    """A WSDL with what it imports."""

    called: frozenset[str]
    """The operations that the hub calls."""

    def shipped(self) -> Contract:
        """Return the shipped contract."""
        return self._read(f"http://shipped/{self.path.name}", self._from_disk)

    def _served(self) -> Contract:
        return self._read(self.address, self.documents.xml)

    def _read(self, address: str, opened: Callable[[str], etree._Element]) -> Contract:
        return read_wsdl(address, opened, called=self.called)

    def _from_disk(self, address: str) -> etree._Element:
        file = self.path.parent / Path(urlsplit(address).path).name
        return etree.parse(str(file), new_parser()).getroot()


@dataclass(kw_only=True)
class OpenApiReader(_Reader):
    """An OpenAPI document."""

    @cached_property
    def _shipped(self) -> Any:
        return document_of(self.path.read_text(encoding="utf-8"))

    def shipped(self) -> Contract:
        """Return the shipped contract."""
        return read_openapi(self._shipped, names=names_in(self._shipped))

    def _served(self) -> Contract:
        document = document_of(self.documents.text(self.address))
        return read_openapi(document, names=names_in(self._shipped))
