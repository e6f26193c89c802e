"""What the console asks of a store, for persons of every scope."""

from collections.abc import Iterable
from dataclasses import replace

from hub.operations.alerts.subjects import partners_in
from hub.operations.devices.listing import shown_devices
from hub.operations.failures import groups as failures
from hub.operations.failures.sampling import FailureSampling
from hub.operations.overview import figures
from hub.operations.overview.items import items
from hub.rules.deliveries.selection import Selection
from hub.rules.users.scope import ALL, Scope
from hub.store.alerts import incidents, messages
from hub.store.console import finding, finding_names, happened, history, listing, replay_plans
from hub.store.console.due import due_soon
from hub.store.console.finding_names import NameCursor
from hub.store.console.listing import Filters
from hub.store.engine.store import Store, Tx
from hub.store.monitoring import flow_samples
from hub.store.repair import comparisons, replays
from hub.store.repair.comparisons import KeptDifference
from tests.support.works import now

_GROUP = Selection(partner="provincial", operation="province.dossier", fault="x")
_DIFFERENCE = KeptDifference(
    kind="x", subject="y", destination="z", owner="", detail=("", ""), repair=("", "")
)


def console_questions(store: Store) -> None:
    """Ask what the console asks, for persons of every scope."""
    at = now()
    numbers = ("000.99.01.H57-180806-0001", "000.99.01.H57-18080", "1", "m-1")
    scopes = (
        ALL,
        Scope(partners=frozenset({"provincial"})),
        Scope(sectors=frozenset({"G15-TP07"})),
    )
    filters = [
        Filters(),
        Filters(state="delivered", fault="x", opened_before=at, due_before=at),
        Filters(dossier=numbers[0], operation="x", partner="y"),
        *(Filters(state=state) for state in ("pending", "waiting", "held", "ambiguous", "dead")),
    ]
    FailureSampling(store).sample(at)
    with store.read() as tx:
        figures.read(tx, ("provincial",), now=at)
        for scope in scopes:
            opened = incidents.listing(tx, partners=partners_in(scope))
            items(tx, scope, (), devices=shown_devices(tx, now=at), incidents=opened, now=at)
            due_soon(tx, scope)
            for wanted in filters:
                listing.page(tx, wanted, scope)
                listing.page(tx, wanted, scope, before=5)
        questions_about_many(tx, scopes, filters)
        questions_about_names(tx, scopes)
        for given in numbers:
            for hit in finding.find(tx, given):
                finding.partners_of(tx, hit)
        found = history.of_number(tx, numbers[0])
        history.receipts_of(tx, numbers[0])
        for delivery in found.deliveries:
            history.one_delivery(tx, delivery.id)
            history.message_of(tx, delivery.id)
            history.message_before(tx, delivery)
        flow_samples.critical_times(tx, since=at)
        flow_samples.of_destination(tx, "provincial", since=at, each=5)


def questions_about_names(tx: Tx, scopes: Iterable[Scope]) -> None:
    """Ask for names as they are typed, turned, with one frequent word, and for the next pages."""
    for wanted in ("nguyen", "nguyen van thu", "thu van"):
        for scope in scopes:
            for word in (finding_names.AS_TYPED, 0):
                after = NameCursor(word, wanted.split()[0], "")
                finding_names.find(tx, wanted.split(), scope, after=after)
            finding_names.find(tx, wanted.split(), scope)


def questions_about_many(tx: Tx, scopes: Iterable[Scope], filters: Iterable[Filters]) -> None:
    """Ask what the pages about incidents, groups, selections and replay plans ask."""
    at = now()
    incidents.listing(tx, ended=True)
    incidents.get(tx, 1)
    messages.of_incident(tx, 1, since=at)
    happened.to_objects(tx, ["incident 1"], since=at)
    comparisons.tasks_of(tx, [_DIFFERENCE])
    replay_plans.newest(tx, before=9)
    replay_plans.counts(tx, 1)
    replay_plans.items(tx, 1)
    replays.select(tx, replays.ReplayFilter(fault="x", due_before=at, up_to=9))
    for scope in scopes:
        for span in failures.SPANS:
            failures.failure_groups(tx, scope, span=span, now=at)
            failures.one_group(tx, scope, _GROUP, span=span, now=at)
        for wanted in filters:
            if wanted.not_final:
                closed = replace(wanted, up_to=9, fault="x")
                listing.count_open(tx, closed, scope, most=5)
                listing.page(tx, closed, scope)
