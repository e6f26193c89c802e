"""A partner is declared once: what derives its names from the declaration finds them there."""

from importlib.util import find_spec

import pytest

from hub.bootstrap.installation import FAULT_DATA
from hub.bootstrap.partners.destinations import PROFILES
from hub.bootstrap.partners.rehearsals import KINDS
from hub.messages.partners import PARTNERS, Partner, named
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.rules.users.user import User
from hub.settings import Settings
from hub.texts import text

EACH = pytest.mark.parametrize("partner", PARTNERS.values(), ids=lambda it: it.short)


@EACH
def test_a_partner_has_settings_faults_and_its_words(partner: Partner) -> None:
    """A declared partner without one of them would fail only when it is first needed."""
    settings = (
        Settings.model_fields if hasattr(Settings, "model_fields") else Settings.__annotations__
    )
    for setting in (partner.url_setting, partner.profile_setting):
        assert setting.removeprefix("HUB_").lower() in settings
    assert FAULT_DATA[partner.destination].is_file()
    assert text(f"owners.{partner.short}")
    assert text(f"console.side_{partner.short}")


@EACH
def test_a_partner_has_a_profile_a_rehearsal_a_simulator_and_a_role(partner: Partner) -> None:
    """Each is a table of its own, and none takes one partner for another."""
    assert partner.short in PROFILES
    assert partner.short in KINDS
    assert find_spec(f"adapters.{partner.destination}.simulator")
    roles = [User(name="it", full_name="An", role=role) for role in UserRole]
    assert Scope(partners=frozenset({partner.destination})) in [it.scope for it in roles]


def test_a_destination_that_is_no_partner_goes_by_its_own_name() -> None:
    """Old rows may name one."""
    assert str(named("elsewhere").title) == named("elsewhere").short == "elsewhere"
