"""A callback of the town reaches a process of the hub: the gateway's code without HTTP."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from hub.gateway.callbacks.refused import RefusedCallbacks
from hub.gateway.callbacks.route import Callbacks, callback_response
from hub.messages import catalog
from hub.ports import CallbackAnswer, Sink
from tests.simulation.world.process import Process

_REQUEST: Any = SimpleNamespace(url=SimpleNamespace(path="/town/callbacks"))
_AUTHORIZATION: Any = None
"""Asked only about a caller that is not proven."""


def receive(
    callbacks: Callbacks, process: Process, body: bytes, headers: Mapping[str, str], sink: Sink
) -> CallbackAnswer:
    """Return the answer of a process; it may die before it has answered."""
    answer = callbacks.receive(body, headers, sink)
    tasks = RefusedCallbacks(
        store=process.store, clock=process.clock, destination=catalog.TOWN_CENTER
    )
    callback_response(answer, _REQUEST, authorization=_AUTHORIZATION, refused=tasks)
    return answer
