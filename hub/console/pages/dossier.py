"""A dossier's page: its way across ward, province and town, its lanes, calls, files and tasks.

And the page of one of its deliveries: the content, masked, and what differs from the one before.
What a visitor may not see is answered as what does not exist. A visitor of one partner sees that
partner's lane, calls, receipts, messages and, for the town, its steps and papers: nothing of the
other partner's, and no task of the ward.
"""

from dataclasses import replace

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console import content
from hub.console.dossiers.due_date import counted, procedure_of
from hub.console.dossiers.picture import picture
from hub.console.dossiers.printing import offered_printing
from hub.console.dossiers.timeline import SIDES, status_name, timeline
from hub.console.dossiers.versions import partner_differs, versions
from hub.console.frame.addresses import number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, sees_partner
from hub.console.links import delivery, dossier, slip, task
from hub.console.next_step import next_step
from hub.console.parts import Parts
from hub.console.settling.offers import OF_TWO, offers
from hub.messages import catalog
from hub.records.dossiers import inter_level
from hub.rules.deliveries.states import DeliveryState, situation
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.visitor import Visitor
from hub.store.console import history
from hub.store.console.history import History
from hub.store.console.listing import ListedDelivery
from hub.store.engine.store import Tx
from hub.store.records import dossiers
from hub.texts import both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the pages."""

    @app.get("/dossiers/{number:path}")
    def dossier_page(request: Request, number: str, who: Who) -> Response:
        now = parts.clock()
        return render(request, of_dossier(parts, who, number), who, now=now)

    @app.get("/deliveries/{id}")
    def delivery_page(request: Request, id: int, who: Who) -> Response:
        return render(request, of_delivery(parts, who, id), who, now=parts.clock())


def of_dossier(parts: Parts, who: Visitor, number: str, *, unmasked: bool = False) -> PageView:
    """Return the page of a dossier; `unmasked`: with persons' names. Raises NotHere."""
    with parts.store.read() as tx:
        found, thing = seen_by(tx, who, number)
        receipts = history.receipts_of(tx, found.number)
        may_read = who.may(Right.BODY, thing)
        changed = versions(tx, found.deliveries, unmasked=unmasked) if may_read else []
    seen = {it.id for it in found.deliveries}
    return PageView(
        template="dossier.html",
        title=both("console.dossier_title", number=found.number),
        values={
            "it": found,
            "status": found.dossier and status_name(int(found.dossier.status)),
            "procedure": found.dossier and procedure_of(found.dossier),
            "counted": found.dossier and counted(found.dossier, found.events, now=parts.clock()),
            "timeline": timeline(found),
            "picture": picture,
            "sides": SIDES,
            "lanes": _lanes(found),
            "versions": changed,
            "partner_differs": partner_differs(found),
            "receipts": {key: it for key, it in receipts.items() if key[0] in seen},
            "next_step": next_step,
            "delivery": delivery,
            "task": task,
            "place": dossier(found.number),
            "slip": slip(found.number),
            "printing": offered_printing(parts, who, found, thing),
            "applicant": content.fields_of(found.dossier.applicant)
            if unmasked and found.dossier
            else None,
            "may_unmask": may_unmask(who, thing) and not unmasked and found.dossier is not None,
        },
        thing=thing,
    )


def seen_by(tx: Tx, who: Visitor, number: str) -> tuple[History, Thing]:
    """Return what of a dossier a visitor may see, and what it is to rights. Raises NotHere."""
    found = history.of_number(tx, number[:120])
    thing = _thing(found)
    if not found.is_known or not who.may(Right.METADATA, thing):
        raise NotHere
    return _in_scope(who, found), thing


def may_unmask(who: Visitor, thing: Thing) -> bool:
    """Return whether a visitor may see the personal data of a thing, with a reason."""
    return who.may(Right.BODY, thing) and who.may(Right.UNMASK, thing)


def of_delivery(parts: Parts, who: Visitor, id: int, *, unmasked: bool = False) -> PageView:
    """Return the page of a delivery; `unmasked`: with personal data. Raises NotHere."""
    with parts.store.read() as tx:
        found = history.one_delivery(tx, number_of_address(id))
        thing = _thing_of(tx, found) if found else WHOLE
        if found is None or not who.may(Right.METADATA, thing):
            raise NotHere
        calls = history.calls_of(tx, [id])[id]
        message = history.message_of(tx, id)
        before = history.message_before(tx, found)
    may_read = who.may(Right.BODY, thing)
    readable = message if may_read else None
    papers = message is not None and inter_level.gives_papers(message)
    return PageView(
        template="delivery.html",
        title=both("console.delivery_title", id=id),
        values={
            "it": found,
            "calls": calls,
            "may_read": may_read,
            "content": content.shown(readable, unmasked=unmasked) if readable else "",
            "masked": content.masked_fields(readable) if readable else (),
            "unmasked": unmasked,
            "may_unmask": readable is not None and may_unmask(who, thing),
            "attachments": message.attachments if message else (),
            "differences": content.differences(before, readable, unmasked=unmasked)
            if before and readable
            else [],
            "step": next_step(found),
            "dossier": dossier,
            "place": delivery(id),
            "offers": offers(found, gives_papers=papers) if who.may(Right.ACT, thing) else (),
            "of_two": OF_TWO,
            "gives_papers": papers,
            "seen": {"state": found.state, "situation": _situation(found)},
        },
        thing=thing,
    )


def _situation(found: ListedDelivery) -> str:
    return situation(DeliveryState(found.state), found.attempts, found.code)


def _thing(found: History) -> Thing:
    return Thing(
        sector=found.dossier.sector if found.dossier else "",
        partners=frozenset(it.destination for it in found.deliveries),
    )


def _in_scope(who: Visitor, found: History) -> History:
    """Return what of a dossier the visitor's scope reaches."""
    sector = found.dossier.sector if found.dossier else ""
    if who.scope.covers(Thing(sector=sector)):
        return found
    deliveries = [it for it in found.deliveries if sees_partner(who, it.destination)]
    of_town = sees_partner(who, catalog.TOWN_CENTER)
    return replace(
        found,
        child_number=found.child_number if of_town else "",
        deliveries=deliveries,
        calls={it.id: found.calls[it.id] for it in deliveries},
        received=[it for it in found.received if sees_partner(who, it.source)],
        steps=found.steps if of_town else (),
        files=[it for it in found.files if it.to_town or not of_town],
        tasks=(),
    )


def _thing_of(tx: Tx, found: ListedDelivery) -> Thing:
    of = dossiers.get(tx, found.lane, lock=False) if found.lane else None
    return Thing(sector=of.sector if of else "", partners=frozenset({found.destination}))


def _lanes(found: History) -> dict[str, list[ListedDelivery]]:
    """Return the deliveries by partner, each lane in its order."""
    lanes: dict[str, list[ListedDelivery]] = {}
    for each in found.deliveries:
        lanes.setdefault(each.destination, []).append(each)
    return lanes
