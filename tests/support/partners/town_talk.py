"""A talk with a simulated town: hand over, finish, and callbacks as the gateway gets them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from adapters.simulation.process import SimulatorProcess
from adapters.town_center.callbacks.signature import sign
from adapters.town_center.callbacks.source import TownCallbacks
from adapters.town_center.destination import TownCenter
from hub.messages.payloads import TownStep
from tests.support.partners.town import (
    CALLBACK_SECRET,
    LittleHub,
    message_of,
    settings_for,
    transfer,
)

Place = tuple[LittleHub, SimulatorProcess]


def hand_over(place: Place, number: str, *contents: bytes) -> TownCenter:
    """Send a dossier to the town, and return the destination, closed."""
    hub, town = place
    destination = TownCenter(settings_for(town.url, hub.url))
    payload = transfer(number)
    files = [hub.put(content) for content in contents]
    destination.send(destination.prepare(message_of(payload, *files), payload))
    destination.close()
    return destination


def finish(hub: LittleHub, number: str) -> None:
    """Wait until every step up to the end is here."""

    def ended() -> bool:
        steps = hub.sink.steps(number)
        return bool(steps) and steps[-1].step is TownStep.ENDED and len(steps) == steps[-1].sequence

    hub.wait_for(ended)


def report(number: str = "000.99.06.H57-180724-0001", **changes: Any) -> bytes:
    """Return the body of a callback: the first step of a dossier."""
    told = {
        "maSuKien": "SK-1",
        "SoBienNhan": number,
        "thuTu": 1,
        "buoc": "da-tiep-nhan",
        "thoiDiem": "2018-07-24T03:00:00Z",
        "canBo": "Bộ phận một cửa thị xã",
    }
    return msgspec.json.encode(told | changes)


def forget(place: Place, result: dict[str, Any]) -> None:
    """Let the hub not have a result file, so that it is pulled."""
    with place[0].sink.changed:
        place[0].sink.files.pop(result["sha256"], None)


def receive(place: Place, body: bytes, **changes: Any) -> tuple[int, dict[str, Any]]:
    """Hand a signed callback to the adapter as the gateway does."""
    hub, town = place
    callbacks = TownCallbacks(settings_for(town.url, hub.url, **changes))
    try:
        headers = sign(body, CALLBACK_SECRET, at=datetime.now(UTC))
        answer = callbacks.receive(body, headers, hub.sink)
        return answer.status, answer.reply
    finally:
        callbacks.close()
