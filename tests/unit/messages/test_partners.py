"""A partner is declared once: what derives its names from the declaration finds them there."""

import pytest

from hub.bootstrap.installation import FAULT_DATA
from hub.messages.partners import PARTNERS, Partner, named
from hub.settings import Settings
from hub.store.schema.tables.repair import OWNERS

EACH = pytest.mark.parametrize("partner", PARTNERS.values(), ids=lambda it: it.short)


@EACH
def test_a_partner_has_settings_faults_and_an_owner_of_tasks(partner: Partner) -> None:
    """A declared partner without one of them would fail only when it is first needed."""
    settings = (
        Settings.model_fields if hasattr(Settings, "model_fields") else Settings.__annotations__
    )
    for setting in (partner.url_setting, partner.profile_setting):
        assert setting.removeprefix("HUB_").lower() in settings
    assert FAULT_DATA[partner.destination].is_file()
    assert partner.short in OWNERS


def test_a_destination_that_is_no_partner_goes_by_its_own_name() -> None:
    """Old rows may name one."""
    assert str(named("elsewhere").title) == named("elsewhere").short == "elsewhere"
