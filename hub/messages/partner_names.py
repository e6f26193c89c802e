"""What people call the partners: in sentences, Vietnamese and English, and at the command line."""

from typing import NamedTuple

from hub.messages import catalog
from hub.texts import Text


class PartnerNames(NamedTuple):
    """The names of one partner."""

    text: Text
    """In a sentence, e.g. "the province"."""
    short: str
    """As commands take it, and as settings spell it in capitals."""

    @property
    def profile_setting(self) -> str:
        """The setting that names the file of its profile."""
        return f"HUB_{self.short.upper()}_PROFILE"


_NAMES = {
    catalog.PROVINCIAL: PartnerNames(Text("tỉnh", "the province"), "province"),
    catalog.TOWN_CENTER: PartnerNames(Text("thị xã", "the town"), "town"),
}
BY_SHORT = {names.short: destination for destination, names in _NAMES.items()}
"""The name at the command line -> the destination's name."""


def names_of(destination: str) -> PartnerNames:
    """Return a destination's names; one that is no partner goes by its own."""
    return _NAMES.get(destination) or PartnerNames(Text(destination, destination), destination)
