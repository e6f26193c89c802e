"""A rehearsal at a partner's real endpoint, made from the installation's settings.

A part of the composition root, beside `hub.bootstrap.partners.destinations`: the walk knows no
settings, the adapters know no hub.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapters.wire.profile import Profile, ProfileBroken
from adapters.wire.rehearsal.context import Make
from adapters.wire.rehearsal.proposal import Load
from adapters.wire.rehearsal.protocol import Head, render
from adapters.wire.rehearsal.records import Mark, RehearsalFinding, RehearsedPartner, Test
from adapters.wire.rehearsal.walk import Show, Walked, walk
from adapters.wire.rehearsal.words import name_of
from hub import __version__
from hub.bootstrap.partners.destinations import (
    profile_of,
    province_settings,
    town_settings,
)
from hub.messages.partners import BY_SHORT, PARTNERS
from hub.records.deadlines.calendar import local
from hub.records.rulebook import Rulebook
from hub.settings import Settings, SettingsError
from hub.texts import text

__all__ = ["Mark", "Rehearsal", "RehearsalFinding", "Walked", "name_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One rehearsal, and what its protocol says above the steps."""

    partner: str
    settings: Settings
    now: datetime
    by: str
    number: str = ""
    """Of the test dossier, "" without one."""
    reason: str = ""

    @property
    def endpoint(self) -> str:
        """The partner's address."""
        return self.settings.partner_url(self.partner)

    def run(self, *, show: Show) -> Walked:
        """Walk; `show` gets each finding. Raises SettingsError for a broken profile."""
        make = KINDS[self.partner].make(self.settings)
        test = self._test() if self.number else None
        return walk(make, self._load(), now=self.now, test=test, show=show)

    def protocol(self, walked: Walked) -> str:
        """Return the protocol that people sign."""
        own = KINDS[self.partner].mode(self.settings)
        mode = f" ({own})" if own else ""
        head = Head(
            partner=PARTNERS[BY_SHORT[self.partner]].full,
            endpoint=self.endpoint + mode,
            by=self.by,
            at=local(self.now),
            version=__version__,
            number=self.number,
            reason=self.reason,
        )
        found = self.settings
        secrets = (found.province_password, found.town_client_secret, found.town_callback_secret)
        return render(head, walked, secrets=secrets)

    def proposal(self, walked: Walked) -> str:
        """Return the lines for the partner's profile as a file; "" where there are none."""
        if not walked.proposal.lines:
            return ""
        setting = PARTNERS[BY_SHORT[self.partner]].profile_setting
        own = self.settings.partner_profile(self.partner)
        use = text("rehearsal.proposal_name_file", setting=setting)
        if own:
            use = text("rehearsal.proposal_take_over", file=own)
        at = f"{local(self.now):%d/%m/%Y %H:%M}"
        found = text("rehearsal.proposal_found", partner=self.partner, at=at, place=self.endpoint)
        return walked.proposal.text(found, use, text("rehearsal.proposal_read"))

    def _load(self) -> Load:
        def load(proposal: str) -> Profile:
            try:
                return profile_of(self.settings, self.partner, proposal).profile
            except SettingsError as error:
                if proposal and isinstance(error.__cause__, ProfileBroken):
                    raise error.__cause__ from None
                raise

        return load

    def _test(self) -> Test:
        """Return the test dossier, of a procedure that the partner has."""
        rules = Rulebook.load()
        rules.check_number(self.number)
        on, inter_level = local(self.now).date(), KINDS[self.partner].inter_level
        procedure = next(
            it for it in rules.catalogue if it.is_valid_on(on) and it.inter_level is inter_level
        )
        return Test(
            number=self.number,
            procedure=procedure.code,
            procedure_name=procedure.name,
            sector=procedure.sector,
            sector_name=procedure.sector_name,
            unit=rules.unit,
            now=self.now,
        )


def _province(settings: Settings) -> Make:
    from adapters.provincial.rehearsal import ProvinceRehearsal

    own = province_settings(settings)

    def make(profile: Profile) -> RehearsedPartner:
        return ProvinceRehearsal(own, profile)

    return make


def _town(settings: Settings) -> Make:
    from adapters.town_center.rehearsal import TownRehearsal

    own = town_settings(settings)
    absent = f"{settings.province_agency}-900101-0000"

    def make(profile: Profile) -> RehearsedPartner:
        return TownRehearsal(own, profile, absent=absent)

    return make


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalKind:
    """What the rehearsals of one partner have of their own."""

    make: Callable[[Settings], Make]
    inter_level: bool
    """Whether the partner has the procedures that are inter-level, or the others."""
    mode: Callable[[Settings], str] = lambda _: ""
    """What stands behind the address in the protocol, "" for nothing."""


KINDS = {
    "province": RehearsalKind(make=_province, inter_level=False, mode=lambda it: it.province_mode),
    "town": RehearsalKind(make=_town, inter_level=True),
}
"""By the partner's short name."""
