"""How a pause is shown by the commands that mention it."""

from hub.cli.context import console
from hub.records.deadlines.calendar import local
from hub.runtime.clock import utc_now
from hub.store.deliveries.pauses import PauseStanding


def mention(paused: list[PauseStanding]) -> None:
    """Tell in a line each what waits because its partner is paused, and not for a person."""
    for item in paused:
        it = item.pause
        text = f"Paused: {it.destination} {it.operation}, {it.reason_vi} / {it.reason_en}"
        text += f" Đến/until: {until(item)}."
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def until(item: PauseStanding) -> str:
    """Return when a pause ends; one whose time is over ends with a delivery that is taken."""
    if item.pause.until > utc_now():
        return f"{local(item.pause.until):%d/%m/%Y %H:%M:%S}"
    if item.under_way:
        return "đang thử lại / being tried"
    return "lần gửi tới sẽ thử / the next delivery tries"
