"""Fetches each partner's own contract once a day and opens one task when it changed.

It runs in a thread and over connections of its own: no delivery waits for it, it uses no attempt
and its failures count for no circuit. A partner that is paused or closed is not asked. That a
partner serves no contract is kept and logged once; it is no finding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from hub.operations.contracts import words
from hub.operations.contracts.words import News
from hub.ports import Clock, ContractReader, Fetched, FetchOutcome
from hub.rules.calls.call_limits import CallLimits, closed_window
from hub.rules.contracts import READER, Contract, ContractChange, compare, fingerprint
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.replies import contracts, drift
from hub.store.repair.replies.contracts import KeptContract

CHECK_EVERY = timedelta(minutes=1)
"""Between two looks for what is due; also before the first, when a hub has more urgent work."""
RETRY = timedelta(hours=1)
"""After a partner that could not be asked."""
OPEN_AT_MOST = 8
LARGEST = 4 * 1024 * 1024
"""Bytes of a contract that is kept."""
LONGEST_WHY = 500
_contract = msgspec.json.Decoder(Contract)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is kept after a fetch, and what is told."""

    kept: KeptContract
    news: News | None = None


class ContractWatch(Role):
    """Looks at the partners' contracts, one after another."""

    name = "contracts"
    patience = 600.0
    stop_within = 20.0

    def __init__(
        self,
        store: Store,
        readers: Sequence[ContractReader],
        *,
        clock: Clock,
        every: timedelta,
        known: CallLimits,
    ) -> None:
        super().__init__()
        self.store = store
        self.readers = readers
        self.clock = clock
        self.every = every
        self.known = known

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.beat()
                self.wakeup.wait(min(CHECK_EVERY, self.every).total_seconds())
                for reader in self.readers:
                    if not self.stopping.is_set():
                        retry_while_unavailable(self, lambda reader=reader: self.check(reader))  # type: ignore[misc]
        finally:
            for reader in self.readers:
                reader.close()

    def check(self, reader: ContractReader) -> bool:
        """Fetch one partner's contract if it is time; tell whether it was fetched."""
        now = self.clock()
        if not self._is_due(reader.name, now):
            return False
        fetched = reader.fetch(self.stopping)
        if self.stopping.is_set():
            return False  # it may have been cut short, and the store is about to be closed
        self._write(reader, fetched, self.clock())
        return True

    def _is_due(self, partner: str, now: datetime) -> bool:
        """Take the look where it is time for it and nothing speaks against it."""
        latest = now + max(self.every, RETRY)
        with self.store.read() as tx:
            kept = contracts.of_partner(tx, partner)
            paused = bool(pauses.active(tx, partner, now=now))
        if kept is not None and now < kept.next_at <= latest:
            return False
        if paused or closed_window(self.known, partner, "", at=now) is not None:
            return False
        with self.store.write() as tx:
            until = now + min(RETRY, self.every)
            return contracts.claim(tx, partner, now=now, until=until, latest=latest)

    def _write(self, reader: ContractReader, fetched: Fetched, now: datetime) -> None:
        with self.store.write() as tx:
            before = contracts.of_partner(tx, reader.name)
            if before is None:  # taken out by a person meanwhile
                return
            evaluation = evaluate(before, fetched, reader, now=now, every=self.every)
            contracts.keep(tx, evaluation.kept)
            if evaluation.news is not None:
                drift.add(tx, words.rows(evaluation.news), now=now)
                found = words.finding(evaluation.news)
                tasks.open_among_few(tx, found, most=OPEN_AT_MOST, now=now)
        _log_news(before, evaluation)


def evaluate(
    before: KeptContract,
    fetched: Fetched,
    reader: ContractReader,
    *,
    now: datetime,
    every: timedelta,
) -> Evaluation:
    """Return what is kept of a fetch, and the news in it. Pure but for the shipped contract."""
    kept = replace(
        before,
        next_at=now + _wait(before, fetched, every),
        asked_at=now,
        outcome=str(fetched.outcome),
        why=fetched.why,
        address=reader.address,
    )
    contract = fetched.contract
    if contract is None:
        return Evaluation(kept)
    content = msgspec.json.encode(contract).decode()
    if len(content) > LARGEST:
        why = f"larger than {LARGEST // 1024 // 1024} MiB"
        return Evaluation(replace(kept, outcome=str(FetchOutcome.UNREADABLE), why=why))
    # A schema that is not served says nothing of what it declares: it is named, and differs not.
    against = [it for it in compare(reader.shipped(), contract) if it.operation]
    print_ = fingerprint(contract)
    same = before.fingerprint == print_
    kept = replace(
        kept,
        fetched_at=now,
        since=before.since if same and before.since else now,
        why=f"without {', '.join(contract.missing)}"[:LONGEST_WHY] if contract.missing else "",
        fingerprint=print_,
        reader=READER,
        differs=len(against),
        content=content,
    )
    return Evaluation(kept, None if same else _news(before, kept, contract, against, now))


def _wait(before: KeptContract, fetched: Fetched, every: timedelta) -> timedelta:
    """Return how long until the next fetch; sooner after a passing trouble."""
    # A server that is being started answers 404, too.
    is_gone = fetched.outcome is FetchOutcome.NONE and before.outcome == FetchOutcome.SERVED
    if fetched.outcome is FetchOutcome.AWAY or is_gone:
        return min(every, max(RETRY, fetched.retry_after or RETRY))
    return every


def _news(
    before: KeptContract,
    kept: KeptContract,
    contract: Contract,
    against: list[ContractChange],
    now: datetime,
) -> News | None:
    known = _known(before, kept.address)
    changes = compare(known, contract) if known is not None else against
    if not changes or (known is None and before.reader not in {0, READER}):
        return None
    return News(
        partner=before.partner,
        form=contract.form,
        address=kept.address,
        fingerprint=kept.fingerprint,
        changes=changes,
        against=against,
        before=before.fetched_at if known is not None else None,
        now=now,
    )


def _known(before: KeptContract, address: str) -> Contract | None:
    """Return the contract that was there before, None where it cannot be compared."""
    if before.fetched_at is None or before.reader != READER or before.address != address:
        return None
    return _contract.decode(before.content)


def _log_news(before: KeptContract, evaluation: Evaluation) -> None:
    """Log a change once, and once what comes of asking where that is another thing than before."""
    kept, news = evaluation.kept, evaluation.news
    if news is not None:
        log.warning(Event.CONTRACT_CHANGED, destination=news.partner, count=len(news.changes))
    if (kept.outcome, kept.why) != (before.outcome, before.why):
        log.info(
            Event.CONTRACT_QUERIED, destination=kept.partner, code=kept.outcome, detail=kept.why
        )
