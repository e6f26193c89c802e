"""What comes next in a story, and whether anything comes at all."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.story import Story

_LEFT = (
    "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM deliveries WHERE "
    "next_attempt_at IS NOT NULL AND settled_at IS NULL OR state IN ('sending', 'pending'))"
    " + (SELECT count(*) FROM journal WHERE state IN ('accepted', 'early'))"
)


def is_idle(story: "Story") -> bool:
    """Tell whether nothing is under way or due any more, at the hub or on the way."""
    comes = [process.next_call for process in story.processes]
    if min([*comes, *_from_outside(story)]) < math.inf:
        return False
    ((left,),) = story.observer.rows(_LEFT)
    if left or story.broker.ready:
        return False
    return not (story.partner_set.is_real and (story.officers.errands or story.officers.look()))


def to_next_event(story: "Story", longest: float) -> float:
    """Return how far to leap: to what is known to come next, where that is before `longest`."""
    known = [*_from_outside(story), *story.changes.what_next().times]
    known += [process.next_call for process in story.processes if not process.dead]
    now = story.time.elapsed
    left = min((at for at in known if at > now), default=math.inf) - now
    return min(longest, left + 0.001)


def _from_outside(story: "Story") -> Iterator[float]:
    yield story.courier.next_due
    yield from (partner.next_effect for partner in story.partners)
