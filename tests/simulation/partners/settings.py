"""The real adapters and the simulators' cores of a story, and what the hub was told of them."""

import dataclasses
from datetime import timedelta
from functools import cache
from unittest import mock

from msgspec.structs import replace

from adapters.provincial import destination as provincial
from adapters.provincial import profile as provincial_profile
from adapters.provincial.destination import ProvincialDestination
from adapters.provincial.protocol.soap import SoapProtocol
from adapters.provincial.settings import ProvincialSettings
from adapters.provincial.simulator import PASSWORD, USERNAME, Province
from adapters.provincial.simulator.office import Office
from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Ledger
from adapters.town_center import profile as town_profile
from adapters.town_center.destination import TownCenter
from adapters.town_center.session import TownSession
from adapters.town_center.settings import TownSettings
from adapters.town_center.simulator.courier import Story
from adapters.town_center.simulator.desk import TownDesk
from adapters.wire.login.shared_login import Login
from adapters.wire.profile import Profile
from tests.simulation.partners.simulated import Habits
from tests.simulation.world.virtual_time import VirtualTime

AGENCY = "000.99.01.H57"
FILES = "http://hub.story/files"
PROVINCE, TOWN = "http://province.story", "http://town.story"
SECRET = "chi-de-thu"
CONCURRENCY = 4


def profile_for(shipped: Profile, habits: Habits, *, steps: bool) -> Profile:
    """Return the profile that an installation would have of a partner with these habits."""
    setting = habits.setting
    direct = replace(shipped.proxy, url="off")
    if not habits.is_known_to_profile:
        return replace(shipped, proxy=direct)
    lookup = replace(
        shipped.lookup,
        lag=max(shipped.lookup.lag, timedelta(seconds=setting.lag_seconds + 1)),
        last_steps=setting.last_steps if steps and "last_steps" in habits.habits else 0,
    )
    echo = shipped.echo if habits.marks else replace(shipped.echo, header="")
    rounded = replace(shipped.resolution, time=timedelta(seconds=60), text_length=40)
    resolution = rounded if habits.habits & {"minutes", "char_column"} else shipped.resolution
    return replace(shipped, proxy=direct, lookup=lookup, echo=echo, resolution=resolution)


def province_adapter(mode: str, habits: Habits, time: VirtualTime) -> ProvincialDestination:
    """Return a new adapter of the province; zeep's client is made once for all stories."""
    settings = dataclasses.replace(
        _province_settings(),
        mode="soap" if mode == "soap" else "rest",
        concurrency=CONCURRENCY,
        profile=profile_for(provincial_profile.shipped(), habits, steps=True),
    )
    with mock.patch.object(provincial, "SoapProtocol", return_value=soap_protocol()):
        made = ProvincialDestination(settings)
    made._login = Login(made._log_in, clock=lambda: time.elapsed)
    return made


@cache
def soap_protocol() -> SoapProtocol:
    """Return what builds and reads envelopes; made before a story rules chance."""
    return SoapProtocol(_province_settings())


def _province_settings() -> ProvincialSettings:
    return ProvincialSettings(
        url=PROVINCE,
        username=USERNAME,
        password=PASSWORD,
        agency=AGENCY,
        file_base_url=FILES,
        profile=provincial_profile.shipped(),
    )


def province_core(ledger: Ledger, faults: Faults) -> Province:
    """Return the simulated province."""
    office = Office(ledger, username=USERNAME, password=PASSWORD, session_life=timedelta(minutes=3))
    return Province(ledger, faults, office)


def town_settings(habits: Habits) -> TownSettings:
    """Return the hub's settings of the town."""
    return TownSettings(
        url=TOWN,
        client_id="ward",
        client_secret=SECRET,
        callback_secret=SECRET,
        file_base_url=FILES,
        concurrency=CONCURRENCY,
        profile=profile_for(town_profile.shipped(), habits, steps=False),
    )


def town_adapter(habits: Habits, time: VirtualTime) -> TownCenter:
    """Return a new adapter of the town."""
    settings = town_settings(habits)
    return TownCenter(settings, session=TownSession(settings, clock=lambda: time.elapsed))


def town_core(ledger: Ledger, faults: Faults) -> TownDesk:
    """Return the simulated town."""
    story = Story(hub_url="http://hub.story", callback_secret=SECRET, file_token=SECRET)
    return TownDesk(
        ledger, faults, story=story, client_id="ward", client_secret=SECRET, token_seconds=120
    )
