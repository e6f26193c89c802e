"""Whether everything has come to rest."""

from tests.simulation.world.broker import StoryBroker
from tests.simulation.world.observer import Reader


def rests(observer: Reader, broker: StoryBroker) -> bool:
    """Tell whether nothing is under way or due any more."""
    ((left,),) = observer.rows(
        "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM deliveries WHERE "
        "next_attempt_at IS NOT NULL AND settled_at IS NULL OR state IN ('sending', 'pending'))"
        " + (SELECT count(*) FROM journal WHERE state IN ('accepted', 'early'))"
    )
    return not left and not broker.ready
