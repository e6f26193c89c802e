"""What the forms of a delivery's page do: each calls the operation that the command line calls."""

from collections.abc import Callable, Mapping

from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.visitor import demand
from hub.console.parts import Parts
from hub.console.settling.offers import Offer
from hub.messages import catalog
from hub.messages.payloads import PaperToPrint
from hub.operations.approvals import deciding
from hub.operations.approvals.terms import CancelTerms, of_cancel
from hub.operations.deliveries import actions, replay_one
from hub.operations.deliveries.actions import Resolution
from hub.operations.deliveries.cancellation import Papers
from hub.operations.deliveries.expected import Expected
from hub.operations.deliveries.replay_run import NOT_SENT, SENT, outcome_text
from hub.operations.devices.printing import is_personal, print_again
from hub.operations.signed_by import SignedBy
from hub.rules.failures.errors import FAULTS
from hub.rules.users.approvals import ApprovalVerb
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.deliveries.transitions import StateConflict
from hub.store.records import things
from hub.texts import Text, both

Settle = Callable[[Parts, Visitor, int, Filled, SignedBy], Text]
"""Settles a delivery; returns the outcome. Raises Explained and MayNot where nothing was done."""
Propose = Callable[[Filled], tuple[ApprovalVerb, bytes]]
"""Returns verb and terms of the proposal that a form makes. Raises FormRefused."""


def expected(form: Filled) -> Expected:
    """Return the state that the form's page showed."""
    return Expected(form.get("state"), form.get("situation"))


def _retry(parts: Parts, _who: Visitor, id: int, form: Filled, by: SignedBy) -> Text:
    done = replay_one.replay(
        parts.store,
        id,
        parts.partners,
        file_path=parts.file_path,
        by=by,
        clock=parts.clock,
        on_delivered=parts.on_delivered,
        expected=expected(form),
    )
    if done.outcome == SENT:
        return both("forms.sent_again", id=id)
    if done.outcome == NOT_SENT:
        raise StateConflict(both("forms.not_sent", id=id, why=_why(done.verdict, done.detail)))
    return outcome_text(done.outcome)


def _why(verdict: str, detail: str) -> Text:
    """Return why a plan would not send, with what it found."""
    why = both(f"replay.verdict_{verdict}")
    fault = FAULTS.get(detail)
    found = fault.text if fault else Text.read(detail)
    return both("forms.because", why=why, found=found) if detail else why


def _resolve(parts: Parts, who: Visitor, id: int, form: Filled, by: SignedBy) -> Text:
    found = form.get("found")
    if found not in set(Resolution):
        raise FormRefused(both("forms.say_what_was_found"))
    if found == Resolution.ABSENT and form.get("tray") == "yes":
        return _print_again(parts, who, id, form, by)
    reference = form.get("reference")
    if reference and found != Resolution.DELIVERED:
        raise FormRefused(both("forms.number_of_what_is_absent"))
    actions.resolve(
        parts.store, id, Resolution(found), expected=expected(form), reference=reference, **by
    )
    return both(f"forms.resolved_{found}", id=id)


def _print_again(parts: Parts, who: Visitor, id: int, form: Filled, by: SignedBy) -> Text:
    if parts.printing is None:
        raise FormRefused(both("papers.no_printers"))
    if is_personal(parts.store, id):
        with parts.store.read() as tx:
            thing = things.of_delivery(tx, id)
        demand(who, Right.UNMASK, thing)
    message = print_again(parts.store, parts.printing, id, expected=expected(form), by=by)
    paper = catalog.read(message)
    count = paper.reprint if isinstance(paper, PaperToPrint) else 0
    return both("papers.sent_again", count=count)


def _by_hand(parts: Parts, _who: Visitor, id: int, form: Filled, by: SignedBy) -> Text:
    actions.deliver_by_hand(parts.store, id, expected=expected(form), **by)
    return both("forms.taken_by_hand", id=id)


def _cancel_terms(form: Filled) -> bytes:
    papers = form.get("papers")
    if papers not in ("", *Papers):
        raise FormRefused(both("forms.choose_papers"))
    neither = form.get("neither") == "yes"
    return of_cancel(CancelTerms(neither=neither, papers=Papers(papers) if papers else None))


PROPOSALS: Mapping[Offer, Propose] = {
    Offer.UNASKED: lambda _form: (ApprovalVerb.REPLAY_UNASKED, b""),
    Offer.CANCEL_ABSENT: lambda form: (ApprovalVerb.CANCEL_ABSENT, _cancel_terms(form)),
    Offer.CANCEL: lambda form: (ApprovalVerb.CANCEL, _cancel_terms(form)),
}


def carry_out(
    parts: Parts, who: Visitor, offer: Offer, id: int, *, form: Filled, by: SignedBy
) -> Text:
    """Do what is offered, or propose it where it needs a second person; return the outcome."""
    if offer in ACTS:
        return ACTS[offer](parts, who, id, form, by)
    verb, terms = PROPOSALS[offer](form)
    seen = expected(form)
    number = deciding.propose(
        parts.store,
        verb,
        id,
        expected=seen.state,
        situation=seen.situation,
        terms=terms,
        who=who,
        by=by,
    )
    return both("approvals.proposed_on_page", number=number)


ACTS: Mapping[Offer, Settle] = {
    Offer.RETRY: _retry,
    Offer.RESOLVE: _resolve,
    Offer.BY_HAND: _by_hand,
}
