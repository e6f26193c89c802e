"""The partners that deliveries go to, each declared once: what code and people call it.

Settings, command line, tasks, fault data and the dossier's trail take a partner's names from here.
Who may hand in which message is said in the catalogue.
"""

from dataclasses import dataclass

from hub.texts import Text

PROVINCIAL = "provincial"
TOWN_CENTER = "town_center"
DEVICES = "devices"
"""No partner: the printers of the counter, as a destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """The names of one partner."""

    destination: str
    """As destination, as source and owner of messages, and as folder of its adapter."""
    short: str
    """At the command line, as owner of a task, and in capitals in the names of settings."""
    text: Text
    """In a sentence, e.g. "the province"."""
    title: Text
    """In a column, e.g. "Province"."""
    full: Text
    """In a signed paper: what is called there."""

    @property
    def url_setting(self) -> str:
        """The setting that holds its address."""
        return f"HUB_{self.short.upper()}_URL"

    @property
    def profile_setting(self) -> str:
        """The setting that names the file of its profile."""
        return f"HUB_{self.short.upper()}_PROFILE"


PARTNERS = {
    partner.destination: partner
    for partner in (
        Partner(
            destination=PROVINCIAL,
            short="province",
            text=Text("tỉnh", "the province"),
            title=Text("Tỉnh", "Province"),
            full=Text("phần mềm dịch vụ công của tỉnh", "the province's public-service software"),
        ),
        Partner(
            destination=TOWN_CENTER,
            short="town",
            text=Text("thị xã", "the town"),
            title=Text("TT Hành chính công thị xã", "Town centre"),
            full=Text("trung tâm hành chính công thị xã", "the town administrative centre"),
        ),
    )
}
BY_SHORT = {partner.short: partner.destination for partner in PARTNERS.values()}
"""The name at the command line -> the destination."""


_PRINTERS = Partner(
    destination=DEVICES,
    short=DEVICES,
    text=Text("máy in ở quầy", "the counter's printers"),
    title=Text("Máy in ở quầy", "Printers"),
    full=Text("máy in ở quầy", "the printers of the counter"),
)


def named(destination: str) -> Partner:
    """Return a destination's names; one that is neither partner nor printer goes by its own."""
    own = Text(destination, destination)
    found = _PRINTERS if destination == DEVICES else PARTNERS.get(destination)
    return found or Partner(
        destination=destination, short=destination, text=own, title=own, full=own
    )
