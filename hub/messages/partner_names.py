"""What people call the partners: in sentences, Vietnamese and English, and at the command line."""

from typing import NamedTuple

from hub.messages import catalog


class PartnerNames(NamedTuple):
    """The names of one partner."""

    vi: str
    en: str
    short: str
    """As commands take it, and as settings spell it in capitals."""

    @property
    def profile_setting(self) -> str:
        """The setting that names the file of its profile."""
        return f"HUB_{self.short.upper()}_PROFILE"


_NAMES = {
    catalog.PROVINCIAL: PartnerNames("tỉnh", "the province", "province"),
    catalog.TOWN_CENTER: PartnerNames("thị xã", "the town", "town"),
}
BY_SHORT = {names.short: destination for destination, names in _NAMES.items()}
"""The name at the command line -> the destination's name."""


def names_of(destination: str) -> PartnerNames:
    """Return a destination's names; one that is no partner goes by its own."""
    return _NAMES.get(destination) or PartnerNames(destination, destination, destination)
