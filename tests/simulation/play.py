"""A story from its plot to how it ended; time and chance of this process belong to it meanwhile."""

import gc
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hub.records.rulebook import Rulebook
from tests.simulation.database.backend import InMemory
from tests.simulation.plot import Ended, Plot
from tests.simulation.story import Story
from tests.simulation.telling.watch import Watch
from tests.simulation.world.failpoints import armed
from tests.simulation.world.virtual_time import ruled
from tests.simulation.world.waiting import StepWaitsForEver, without_threads


def play(plot: Plot, rules: Rulebook, *, watched: bool = False) -> Ended:
    """Play a story in memory and return how it ended; one that is `watched` can be told."""
    with tempfile.TemporaryDirectory(dir=memory_place()) as place:
        return play_out(Story(plot, Path(place), rules, InMemory()), watched=watched)


def play_out(story: Story, *, watched: bool) -> Ended:
    """Play a story, to which time and chance belong meanwhile; close it, return how it ended."""
    if watched:
        story.watch = Watch(story.observer, story.events.all, story.chance.struck)
    with ExitStack() as stack:
        stack.enter_context(no_collection())
        stack.callback(story.close)
        stack.enter_context(story.partner_set.ruled())
        stack.enter_context(ruled(story.time, story.chance.stream("urandom")))
        stack.enter_context(without_threads(story.waits, story.let_others_tell, story.met))
        stack.enter_context(armed(story.chance, story.met, story.note, story.acting))
        for actor in story.actors:
            stack.enter_context(actor.ruled())
        broken = ""
        try:
            story.run()
        except (AssertionError, StepWaitsForEver) as error:
            broken = f"{error}"
        story._look("story", "")
        moves = story.backend.moves().items()
        story.met.update({f"move {source} -> {to}": count for (source, to), count in moves})
        return Ended(
            plot=story.plot,
            broken=broken,
            steps=story.steps,
            digest=story.events.digest,
            struck=story.chance.struck,
            taken=story.chance.taken,
            rows=story.watch.rows if story.watch else [],
            met=story.met,
            events=story.events,
        )


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect garbage only where the story does so: by itself it is a tenth of a story's time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def memory_place() -> str | None:
    """Return a folder in memory, None where the machine has none."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of a random name is made in it
    return str(memory) if memory.is_dir() else None
