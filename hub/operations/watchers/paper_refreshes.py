"""Tells the province the files of a dossier when no page has come for a while.

While many pages come, not each of them is told (`hub/rules/retention/paper_refresh.py`); the
dossier is marked instead. The timer looks once a sweep; what was told meanwhile with another
message is left alone.
"""

from dataclasses import dataclass
from datetime import datetime

from hub.exchange.outbox.emit import emit
from hub.records.dossiers.commands import Cause
from hub.records.dossiers.progress import refresh
from hub.records.rulebook import Rulebook
from hub.rules.retention.paper_refresh import NO_PAGE_FOR
from hub.store.engine.store import Store
from hub.store.records import dossiers, paper_refreshes


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRefreshes:
    """Keeps no state: which dossiers are marked is read from the store at each check."""

    store: Store
    rules: Rulebook

    def check(self, now: datetime) -> int:
        """Say what is due; return how many dossiers were told."""
        before, after = now - NO_PAGE_FOR, now + NO_PAGE_FOR
        with self.store.read() as tx:
            numbers = paper_refreshes.quiet(tx, before=before, after=after)
        return sum(self._emit_refresh(number, before, after, now) for number in numbers)

    def _emit_refresh(self, number: str, before: datetime, after: datetime, now: datetime) -> bool:
        with self.store.write() as tx:
            dossier = dossiers.get(tx, number)
            if dossier is None or dossier.erased_at is not None:
                return False
            last = dossier.refresh_wanted_at
            if last is None or before < last <= after:
                return False
            cause = Cause(paper_refreshes.last_page(tx, number))
            _, message = refresh(tx, cause, dossier, self.rules, at=last)
            emit(tx, [message], now)
        return True
