"""Who acts in a story, by its traits."""

from typing import TYPE_CHECKING

from tests.simulation.actors.actor import Actor
from tests.simulation.actors.approvers import Approvers
from tests.simulation.actors.archivist import Archivist
from tests.simulation.actors.full_disk import FullDisk
from tests.simulation.actors.maintenance import Maintenance
from tests.simulation.actors.restorer import Restorer
from tests.simulation.actors.supervisors import Supervisors
from tests.simulation.database.backend import InMemory
from tests.simulation.promises.answers import Answers
from tests.simulation.traits import Traits

if TYPE_CHECKING:
    from tests.simulation.story import Story


def actors_of(story: "Story", traits: Traits) -> list[Actor]:
    """Return those who act besides counter and courier; some need the database in memory."""
    actors: list[Actor] = [
        Answers(story),
        story.operators,
        Supervisors(story.partners, story.chance, story.note),
    ]
    if traits.two_persons:
        actors.append(Approvers(story))
    if not isinstance(story.backend, InMemory):
        return actors
    if traits.archives:
        actors.append(Archivist(story))
    if traits.restored:
        actors.append(Restorer(story, story.backend))
    if traits.maintained:
        actors.append(Maintenance(story))
    if traits.disk_fills:
        actors.append(FullDisk(story))
    return actors
