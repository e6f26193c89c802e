"""Raises one task for each delivery whose effect asking could not settle: which field, what to do.

It is closed by itself when a person has resolved the delivery, in whatever way. The timer looks
once a sweep; what it finds is a row, so nothing is raised twice after a restart or by two timers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.messages import catalog
from hub.messages.partner_names import names_of
from hub.operations.watchers.office_hours import due_within
from hub.records.rulebook import Rulebook
from hub.rules.actors import BY_HUB
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair import unproven_effects as unproven
from hub.store.repair.unproven_effects import Left
from hub.store.schema.repair_tables import CLERK

TIME_TO_RESOLVE = timedelta(hours=4)
"""Office hours until a task is due: the dossier's later messages wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovenEffects:
    """Where to look, and by which calendar a task is due."""

    store: Store
    rules: Rulebook

    def look(self, now: datetime) -> int:
        """Close the tasks that have become needless, raise those that are missing; say how many."""
        with self.store.read() as tx:
            found, needless = unproven.untold(tx), unproven.some_needless(tx)
        if not found and not needless:
            return 0
        due = due_within(self.rules, now, TIME_TO_RESOLVE)
        with self.store.write() as tx:
            unproven.close_needless(tx, actor=BY_HUB, reason="resolved", now=now)
            raised = [
                one for one in found if tasks.open_once(tx, finding(one), due_at=due, now=now)
            ]
        for one in raised:
            log.warning(
                Event.EFFECT_UNPROVEN,
                delivery=one.id,
                destination=one.destination,
                differs=one.differs,
            )
        return len(raised)


def finding(one: Left) -> tasks.Finding:
    """Return the task's content, in the officer's words and in the operator's."""
    vi, en, _ = names = names_of(one.destination)
    there, absent = (
        f"hub deliveries resolve {one.id} delivered",
        f"hub deliveries resolve {one.id} absent",
    )
    field_vi = f", so trường {one.differs}" if one.differs else ""
    field_en = f" and compare {one.differs}" if one.differs else ""
    profile = ""
    if one.differs and one.destination in catalog.PARTNERS:
        setting = names.profile_setting
        profile = (
            f" Nếu mọi hồ sơ đều lệch như vậy, ghi cách ghi của đối tác vào {setting}."
            f" / If every dossier differs so, say in the file of {setting}"
            " how the partner writes it."
        )
    return tasks.Finding(
        kind=unproven.KIND,
        subject=one.number,
        destination=one.destination,
        owner=CLERK,
        detail=f"Lượt gửi {one.id} · delivery {one.id}: {one.detail}",
        repair=(
            f"Xem hồ sơ trên màn hình của {vi}{field_vi}. Đã có: {there}; chưa có: {absent}"
            f" · Open the dossier at {en}{field_en}. It is there: {there}; it is not: {absent}."
            f"{profile}"
        ),
    )
