"""What a look-up says of one step that was sent: there, not there, or unclear. Pure."""

from adapters.provincial.comparison.record import seen
from adapters.provincial.comparison.steps import Sought, seek
from adapters.provincial.mapping import Fields
from adapters.provincial.protocol.protocol import Operation, Result
from adapters.provincial.settings import ProvincialSettings
from hub.ports import Absent, Doubt, Receipt, Request, Unclear


def answer_of_step(
    request: Request,
    found: Fields,
    result: Result,
    *,
    digest: str,
    settings: ProvincialSettings,
    longest: int,
) -> Receipt | Absent | Unclear:
    """Return what the dossier `found` says of a step. `longest`: the most steps that the province
    has shown of a dossier so far.
    """
    sought = _seek(request, found, result, settings, longest=longest)
    if sought.there:
        return Receipt(already=True, response_hash=digest)
    if not result.steps_shown:
        return Unclear(why=Doubt.NOT_SHOWN, differs=("TienDo",), response_hash=digest)
    if sought.why is None:
        return Absent(response_hash=digest)
    return Unclear(why=sought.why, differs=sought.differs, response_hash=digest)


def _seek(
    request: Request,
    found: Fields,
    result: Result,
    settings: ProvincialSettings,
    *,
    longest: int,
) -> Sought:
    """Look for a step among those that are shown, beside what the province is known to have."""
    resolution, steps = settings.resolution, []
    for one in request.beside:
        if one.operation == Operation.ADD_STEPS:
            steps.append(one.body.record)
        else:
            resolution = seen(found, one.body.record, resolution)
    lookup = settings.profile.lookup
    return seek(
        result.steps,
        request.body.record,
        beside=steps,
        resolution=resolution,
        last=lookup.last_steps,
        first=lookup.first_steps,
        longest=max(lookup.longest_list, longest),
    )
