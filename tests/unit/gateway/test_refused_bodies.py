"""A refused call is counted without its body: many of them at once must not fill the memory."""

import asyncio
import gc
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.v1.refusing import counting_refusals
from hub.messages.invalid import InvalidMessage

BODY = b'{"maHoSo": "\xff"}'


class CountedRefusals:
    """Counts refusals, and looks meanwhile what is kept of a body."""

    def __init__(self) -> None:
        self.codes = list[str]()
        self.kept = list[UnicodeDecodeError]()

    async def count_refused(self, *_: object, code: str, **_others: object) -> None:
        self.codes.append(code)
        gc.collect()
        self.kept += [it for it in gc.get_objects() if type(it) is UnicodeDecodeError]


def read(body: bytes) -> object:
    """Read a body as a route does."""
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None


def test_a_body_that_is_no_text_is_not_kept_while_its_refusal_is_counted() -> None:
    """The decoder's error holds the whole body, and `from None` only hides that error."""
    counted = CountedRefusals()
    caller = cast(GatewayCaller, SimpleNamespace(client="town"))

    async def call() -> None:
        authorization = cast(Authorization, counted)
        async with counting_refusals(authorization, caller, "dossiers", "/v1"):
            read(BODY)

    with pytest.raises(InvalidMessage) as raised:
        asyncio.run(call())
    assert counted.codes == ["json_broken"]
    assert [it for it in counted.kept if it.object == BODY] == []
    assert raised.value.__context__ is None
