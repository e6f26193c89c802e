"""What the forms about parked messages do: retry them, or propose to discard them.

A form is about one message, which it names with the cause that was shown, or about a kind. Retried
is all of a kind that was recorded before the form's page was made; discarded is what that page
counted, which the form names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.forms import filled
from hub.console.forms.acting import Posted, act, view
from hub.console.forms.allowing import allowing
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.rendering import PageView
from hub.console.frame.visitor import demand
from hub.console.links import message, message_list
from hub.console.parked.listing import COUNTED, ParkedQuery, listing
from hub.console.parked.message import of_message
from hub.console.parts import Parts
from hub.operations import parked_messages, unread_pages
from hub.operations.approvals import discarding
from hub.operations.parked_messages import NotParked
from hub.operations.signed_by import SignedBy
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.console import happened
from hub.store.messages.parked import ParkedFilter
from hub.texts import Text, both


@dataclass(frozen=True, slots=True)
class _About:
    """What a form is about: the message `id`, or, without one, a kind."""

    id: str
    wanted: ParkedQuery

    @classmethod
    def of(cls, form: Mapping[str, str]) -> "_About":
        given = {name: form.get(name, "")[:200] for name in ("id", "type", "code")}
        return cls(given["id"], ParkedQuery(type=given["type"], code=given["code"]))

    @property
    def place(self) -> str:
        """Address of the page that the form stands on."""
        return message(self.id) if self.id else message_list(self.wanted.type, self.wanted.code)

    def page(self, parts: Parts, who: Visitor) -> PageView:
        """Return that page as it is now."""
        return of_message(parts, who, self.id) if self.id else listing(parts, who, self.wanted)


Verb = Callable[[Parts, Visitor, _About, Filled, SignedBy], Text]


def install(app: FastAPI, parts: Parts) -> None:
    """Add the addresses that the forms go to."""

    def acting(verb: Verb) -> Callable[..., Response]:
        def acted(posted: Posted) -> Response:
            about, who = _About.of(posted.fields), posted.who

            def do(sent: Filled, by: SignedBy) -> Text:
                about.page(parts, who)  # what is not there for this visitor is not acted on
                demand(who, Right.ACT)
                return verb(parts, who, about, sent, by)

            return act(
                posted,
                parts,
                do=do,
                page=partial(about.page, parts, who),
                leads_to=about.place,
                happened=lambda tx, since: happened.to_message(tx, about.id, since=since),
            )

        return acted

    app.add_api_route("/parked/retry", acting(_retry), methods=["POST"])
    app.add_api_route("/parked/discard", acting(_discard), methods=["POST"])
    app.add_api_route("/parked/assign", acting(_assign), methods=["POST"])

    @app.post("/parked/unmask")
    def unmask(posted: Posted) -> Response:
        about, who = _About.of(posted.fields), posted.who
        page = partial(of_message, parts, who, about.id)
        allow = allowing(parts, who, "message.unmask", about.id)
        return view(posted, parts, allow=allow, page=page, path=about.place)


def _retry(parts: Parts, who: Visitor, about: _About, form: Filled, by: SignedBy) -> Text:
    del who
    if about.id:
        parked_messages.retry_one(parts.store, about.id, about.wanted.code, by=by)
        return both("parked_pages.retried_one")
    done = parked_messages.retry(parts.store, _kind(about, form), by=by)
    if not done.count:
        raise NotParked(both("parked_pages.none_left"))
    return both("parked_pages.retried", count=done.count)


def _discard(parts: Parts, who: Visitor, about: _About, form: Filled, by: SignedBy) -> Text:
    if about.id:
        expected = {about.id: about.wanted.code}
    else:
        expected = dict.fromkeys(_counted(about, form), about.wanted.code)
    number = discarding.propose_discard_parked(parts.store, expected, who=who, by=by)
    return both("approvals.proposed_on_page", number=number)


def _assign(parts: Parts, who: Visitor, about: _About, form: Filled, by: SignedBy) -> Text:
    del who
    paper = unread_pages.paper_of(form.get("number"), form.get("component"))
    unread_pages.assign(parts.store, about.id, paper, by=by)
    return both("unread_pages.assigned", number=paper.number, component=paper.component)


def _counted(about: _About, form: Filled) -> list[str]:
    """Return the messages of a kind that the page counted. Raises FormRefused."""
    ids = form.fields.get(COUNTED, "").split()
    if not (ids and about.wanted.type and about.wanted.code):
        raise FormRefused(both("forms.no_id"))
    return ids


def _kind(about: _About, form: Filled) -> ParkedFilter:
    """Return all of a kind that were there when the page was made. Raises FormRefused."""
    shown_at = filled.moment(form.get(filled.SEEN_AT))
    if shown_at is None or not (about.wanted.type and about.wanted.code):
        raise FormRefused(both("forms.no_id"))
    return ParkedFilter(type=about.wanted.type, code=about.wanted.code, until=shown_at)
