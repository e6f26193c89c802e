"""A rehearsal at a partner of the tests, by settings as an installation has them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from adapters.wire.profile import Profile
from adapters.wire.rehearsal.calling import concluded
from hub.bootstrap.partners.rehearsals import Rehearsal, Walked
from hub.environment import load
from hub.ports import Absent, Receipt
from hub.rules.failures.errors import AmbiguousFailure, TransientFailure
from tests.support.partners import province as p

AGENCY = "000.99.01.H57"
NUMBER = f"{AGENCY}-261128-9001"
"""Of the test dossier."""
TRIES = 20


def environment(url: str, place: Path, mode: str = "rest", **more: str) -> dict[str, str]:
    """Return the settings of a hub that is to talk to a simulated province."""
    return {
        "HUB_PROVINCE_URL": url,
        "HUB_PROVINCE_MODE": mode,
        "HUB_PROVINCE_USERNAME": p.USERNAME,
        "HUB_PROVINCE_PASSWORD": p.PASSWORD,
        "HUB_PROVINCE_AGENCY": AGENCY,
        "HUB_DATA_DIR": str(place),
        **more,
    }


def rehearse(
    partner: str, environment: Mapping[str, str], *, number: str = NUMBER
) -> tuple[Rehearsal, Walked]:
    """Walk through a partner and return what came of it; `number` "" registers nothing."""
    settings = load({"HUB_CONNECT_TIMEOUT": "2", "HUB_REPLY_TIMEOUT": "5", **environment})
    rehearsal = Rehearsal(
        partner=partner,
        settings=settings,
        now=datetime.now(UTC),
        by="Trần Thị Thử",
        number=number,
        reason="kiểm tra",
    )
    return rehearsal, rehearsal.run(show=lambda _: None)


def attention(walked: Walked) -> dict[str, str]:
    """Return step -> words of what a person has to attend to."""
    return {it.step: it.text.en for it in walked.findings if it.mark == "attention"}


def lines(walked: Walked) -> dict[str, object]:
    """Return the proposal's keys with their values."""
    return {".".join(it.path): it.value for it in walked.proposal.lines}


def found_at(walked: Walked, step: str) -> str:
    """Return all that was found at a step, in English."""
    return "\n".join(it.text.en for it in walked.findings if it.step == step)


def deliver(
    url: str, simulator: SimulatorProcess, number: str, profile: Profile, mode: str = "rest"
) -> None:
    """Deliver a dossier and two steps as the hub does: unknown effects are asked about."""
    destination = ProvincialDestination(p.settings_for(url, mode=mode, profile=profile))
    try:
        before: tuple[Any, ...] = ()
        for place in range(3):
            payload: Any = p.step(number, at=p.RECEIVED + timedelta(hours=place, seconds=7))
            payload = payload if place else p.dossier(number)
            request = replace(p.request_for(destination, payload), beside=before)
            _send_until_certain(destination, request)
            before = (*before, request)
    finally:
        destination.close()
    assert p.effects(simulator, number) == ["dossier", "event", "event"]


def _send_until_certain(destination: ProvincialDestination, request: Any) -> None:
    """Send until it is done; after an unknown effect ask until there is an answer."""
    for _ in range(TRIES):
        try:
            destination.send(request)
        except TransientFailure:
            continue
        except AmbiguousFailure:
            found = concluded(destination.find, request)
            if isinstance(found, Absent):
                continue
            assert isinstance(found, Receipt), found
        return
    raise AssertionError("never done")
