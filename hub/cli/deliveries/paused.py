"""How a pause is shown by the commands that mention it."""

from datetime import datetime

from hub.cli.output.answer import print_line, put
from hub.cli.output.listing import listing, shown
from hub.operations.type_names import type_text
from hub.runtime.clock import utc_now
from hub.store.deliveries.pauses import ListedPause
from hub.texts import Text, text

PAUSES = listing("pauses", "*partner *operation what why *since *until waiting")


def mention(paused: list[ListedPause]) -> None:
    """Print in a line each what waits because its partner is paused, and not for a person."""
    put(pauses=[dict(zip(PAUSES.columns, row_of(item), strict=True)) for item in paused])
    for item in paused:
        partner, _, operation, why, _, until, _ = row_of(item)
        line = {"partner": partner, "operation": operation, "why": why, "until": shown(until)}
        print_line(text("attention.paused", **line))


def row_of(item: ListedPause) -> tuple[object, ...]:
    """Return a pause as a row of `PAUSES`."""
    pause = item.pause
    why = Text(pause.reason_vi, pause.reason_en)
    words = type_text(pause.operation)
    named = (pause.destination, pause.operation, words)
    return *named, why, pause.since, _until(item), item.waiting


def _until(item: ListedPause) -> datetime | str:
    """Return when a pause ends; one whose time is over ends with a delivery that is taken."""
    if item.pause.until > utc_now():
        return item.pause.until
    return text("attention.being_tried" if item.under_way else "attention.next_delivery_tries")
