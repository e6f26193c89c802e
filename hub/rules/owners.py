"""Who can have to act on a task or a fault: the ward's clerk, the ward's IT, or a partner.

Tasks, fault data and `--json` keep these names; their words are in `hub/texts/owners.toml`. A new
partner is one by being declared; the constraint of the table `tasks` needs a migration then.
"""

from hub.messages.partners import PARTNERS

CLERK, WARD_IT = "ward clerk", "ward IT"
OWNERS = (CLERK, WARD_IT, *(partner.short for partner in PARTNERS.values()))
