"""What a person can do with a delivery now, by its state and fault. Pure."""

from dataclasses import dataclass

from hub.messages.catalog import DEVICES
from hub.operations.overview.items import explanation
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.console.listing import ListedDelivery
from hub.texts import Text, both


@dataclass(frozen=True, slots=True)
class NextStep:
    """The sentence, and the commands that do it."""

    sentence: Text
    commands: tuple[str, ...] = ()


def next_step(it: ListedDelivery) -> NextStep:
    """Return the next step; one that the hub takes by itself has no command."""
    if it.state == S.DEAD:
        explained = explanation(it.code)
        advice = Text(**explained.to_do) if explained else both("overview.standing_to_do")
        return NextStep(
            advice, (f"hub deliveries resend {it.id}", f"hub deliveries cancel {it.id}")
        )
    if it.state == S.AMBIGUOUS and it.destination == DEVICES:
        commands = (f"hub deliveries resolve {it.id} delivered", f"hub deliveries reprint {it.id}")
        return NextStep(both("papers.on_tray"), commands if it.next_attempt_at is None else ())
    if it.state == S.AMBIGUOUS and it.next_attempt_at is None:
        return NextStep(both("console.next_resolve"), (f"hub deliveries resolve {it.id}",))
    if it.state in (S.AMBIGUOUS, S.WAITING, S.PENDING, S.SENDING):
        return NextStep(both("console.next_by_itself"))
    if it.state == S.HELD:
        return NextStep(both("console.next_held"))
    return NextStep(both("console.next_nothing"))
