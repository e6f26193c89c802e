"""Dossiers by the applicant's name, from the box of the search: for who may see personal data.

The box is posted, so that a name stands in no address, history or proxy's log. A name needs a
reason, as all personal data does, and the audit keeps each dossier that was shown, not the name.
"""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from hub.console.dossiers.due_date import procedure_of
from hub.console.dossiers.timeline import status_name
from hub.console.forms.acting import Posted, view
from hub.console.forms.filled import REASON
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand_some
from hub.console.links import search_of
from hub.console.pages import search
from hub.console.pages.search import (
    FIELDS,
    LONGEST,
    NAMES_NEED,
    Criteria,
    SearchedNames,
    form_values,
    names_of,
)
from hub.console.parts import Parts
from hub.console.sign_in.forms import Form
from hub.operations.signed_by import SignedBy
from hub.rules.names import is_name, words
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.console import finding_names
from hub.store.console.finding_names import NameCursor
from hub.store.evidence import audit
from hub.store.evidence.audit import AuditRow
from hub.texts import both

SEARCH, PLACE = "/search", "/search/names"
ACTION = "dossier.find_by_name"


def install(app: FastAPI, parts: Parts) -> None:
    """Add where the box is sent to, and the search by name."""

    @app.post(SEARCH)
    def box(request: Request, who: Who, form: Form) -> Response:
        typed = {name: form.get(name, "")[:LONGEST] for name in FIELDS}
        if not is_name(typed["q"]) or search.find(parts, who, typed["q"]):
            return RedirectResponse(search_of(typed), status_code=303)
        page = _page(parts, who, names_of(who, typed["q"]))
        return render(request, page, who, now=parts.clock())

    @app.post(PLACE)
    def by_name(posted: Posted) -> Response:
        names = _NameSearch(parts, posted.who, posted.fields)
        return view(posted, parts, allow=names.allow, page=names.page, path=SEARCH)


def _page(parts: Parts, who: Visitor, names: SearchedNames) -> PageView:
    """Return the page with the box and what is said of the name, without the list of deliveries."""
    demand_some(who, Right.METADATA)
    return PageView(
        template="search.html",
        title=both("console.nav_search"),
        values={
            **form_values(parts, Criteria(q=names.wanted)),
            "names": names,
            "hits": (),
            "not_found": False,
            "has_list": False,
            "procedure_of": procedure_of,
            "status_name": status_name,
        },
        path=SEARCH,
    )


class _NameSearch:
    """One search: audited before its page is shown."""

    def __init__(self, parts: Parts, who: Visitor, form: Mapping[str, str]) -> None:
        self._parts, self._who = parts, who
        self._wanted = form.get("q", "")[:LONGEST]
        self._after = _cursor(form.get("after", ""))
        self._reason = form.get(REASON, "")
        self._found = finding_names.NamesPage((), None)

    def allow(self, _thing: Thing, by: SignedBy) -> None:
        """Search, and audit each dossier that will be shown. Raises MayNot."""
        for right in NAMES_NEED:
            demand_some(self._who, right)
        store, wanted = self._parts.store, words(self._wanted)
        with store.read() as tx:
            self._found = finding_names.find(tx, wanted, self._who.scope, after=self._after)
        shown = [it.number for it in self._found.rows] or [""]
        rows = [AuditRow(by["now"], by["actor"], ACTION, it, by["reason"], True) for it in shown]
        with store.write() as tx:
            audit.record_all(tx, rows)

    def page(self, *, unmasked: bool = False) -> PageView:
        """Return the page, with what was found where `unmasked`."""
        names = names_of(self._who, self._wanted)
        if unmasked:
            more = self._found.next
            names = replace(
                names,
                found=self._found.rows,
                more=msgspec.json.encode(more).decode() if more else "",
                reason=self._reason,
            )
        return _page(self._parts, self._who, names)


def _cursor(text: str) -> NameCursor | None:
    try:
        found = msgspec.json.decode(text, type=NameCursor)
    except msgspec.DecodeError:
        return None
    # What is no letter, as U+0000, can stand in no text of PostgreSQL.
    return found if found.rotation.isprintable() and found.number.isprintable() else None
