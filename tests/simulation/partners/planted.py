"""Defects of the adapters, to be planted one at a time; see `tests.simulation.defects`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest import mock

from adapters.provincial import destination as province
from adapters.provincial.protocol.protocol import Operation
from adapters.town_center import destination as town
from adapters.town_center.compare import Compared
from adapters.wire import http, replies
from adapters.wire.reading.transport import framing
from hub.ports import Receipt
from hub.rules.failures.errors import TransientFailure

_RECORDED = Compared(recorded=True, alike=False, certain=(), unclear=())


def _unreachable(*_: object) -> TransientFailure:
    return TransientFailure("partner_unreachable")


def _all_is_there(real: Any) -> Any:
    def answer(self: Any, request: Any, found: Any) -> Any:
        if request.operation == Operation.ADD_STEPS and found.result.dossier is not None:
            return Receipt(already=True)
        return real(self, request, found)

    return answer


OF_ADAPTERS: Mapping[str, Callable[[], Sequence[Any]]] = {
    "a gateway's error counts as nothing done": lambda: [
        mock.patch.dict(replies._CLASSES, {5: (TransientFailure, "partner_unreachable")})
    ],
    "a line that breaks off counts as nothing done": lambda: [
        mock.patch.object(framing, "_dropped", _unreachable)
    ],
    "a reply to another call is believed": lambda: [
        mock.patch.object(http, "check_first", return_value=True),
        mock.patch.object(province, "reference_of", return_value=""),
    ],
    "a dossier that is there proves every step of it": lambda: [
        mock.patch.object(
            province.ProvincialDestination,
            "_answer_of",
            _all_is_there(province.ProvincialDestination._answer_of),
        )
    ],
    "the town's dossier proves every call for it": lambda: [
        mock.patch.object(town, "compare", return_value=_RECORDED)
    ],
}
"""By what is wrong with them."""
