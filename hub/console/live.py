"""Keeps an open page fresh: a stream of server-sent events with the page's main part.

A page is made anew at most every two seconds for all visitors who see the same, and written once
for all of them, so that many visitors cost what one costs. A page that takes long is made less
often, so that none takes more than a twentieth of a processor. While the database does not answer
the stream says so. A stream ends after some minutes, and within some seconds of its session; the
browser comes again, and is let in or not as the session says. A stream is no use of the session.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, fragment
from hub.console.frame.visitor import Sees, Who, sees
from hub.console.parts import Parts
from hub.console.sign_in import cookies, identity
from hub.operations.users import signing_in
from hub.rules.users.sign_in import SessionStage
from hub.rules.users.visitor import Visitor
from hub.store.engine.store import StoreUnavailable
from hub.texts import Language, both
from hub.web import live
from hub.web.language import language_of
from hub.web.live import EVERY, LASTS, FreshPart
from hub.web.templates import clock_time

MOST_PAGES = 50
"""Pages of one kind that are kept fresh at the same time."""
LONGEST_NUMBER = 18
Make = Callable[[Parts, Visitor, datetime], PageView]


RESTS = 20
"""How many times as long as it was made a page stays as it is."""
STAYS_AT_MOST = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class _Made:
    at: datetime
    stays: timedelta
    event: FreshPart


class Freshness:
    """One page's main part as it was made last, for each language and for what a visitor sees."""

    def __init__(self, make: Make, parts: Parts) -> None:
        self._make = make
        self._parts = parts
        self._made: dict[tuple[Language, Sees], _Made] = {}
        self._lock = threading.Lock()

    def get(self, language: Language, who: Visitor) -> _Made:
        """Return the part, made anew where it has stayed long enough. Raises StoreUnavailable."""
        with self._lock:
            now = self._parts.clock()
            known = self._made.get((language, sees(who)))
            if known is not None and timedelta() <= now - known.at < known.stays:
                return known
            begun = time.perf_counter()
            page = self._make(self._parts, who, now)
            html = fragment(language, page, who, now=now, template=page.main)
            event = live.event(live.PAGE, html, at=clock_time(now))
            stays = stays_for(time.perf_counter() - begun)
            made = self._made[language, sees(who)] = _Made(now, stays, event)
            for key, old in list(self._made.items()):
                if now - old.at > LASTS:  # nobody looks at it any more
                    del self._made[key]
            return made


def stays_for(seconds: float) -> timedelta:
    """Return how long a page stays that took so many seconds."""
    return min(max(EVERY, timedelta(seconds=RESTS * seconds)), STAYS_AT_MOST)


class FreshPages:
    """The pages with parameters that are looked at; the one that was longest unused goes first."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: OrderedDict[Hashable, Freshness] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: Hashable, make: Make) -> Freshness:
        """Return the freshness of the page with these parameters, which `make` makes."""
        with self._lock:
            if key not in self._known:
                self._known[key] = Freshness(make, self._parts)
            self._known.move_to_end(key)
            while len(self._known) > MOST_PAGES:
                self._known.popitem(last=False)
            return self._known[key]


def number_in_path(request: Request) -> int:
    """Return the number in the address of a stream. Raises NotHere."""
    text = request.path_params["number"]
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise NotHere
    return int(text)


def add_stream(app: FastAPI, path: str, make: Make, *, parts: Parts) -> None:
    """Add the stream of a page."""
    fresh = Freshness(make, parts)
    add_streams(app, path, lambda _request: fresh, parts=parts)


def add_streams(
    app: FastAPI, path: str, freshness_of: Callable[[Request], Freshness], *, parts: Parts
) -> None:
    """Add the streams of a page with parameters: `freshness_of` reads them from the request.

    What its `make` raises at the first time is the answer, as for the page itself.
    """

    def is_open(request: Request) -> bool:
        if identity.signed_in(request) is None:
            return True  # the visitor came without a session
        token, now = cookies.token_of(request), parts.clock()
        try:
            found = signing_in.signed_in(parts.store, token, now=now, uses=False)
        except StoreUnavailable:
            return True  # the stream says so
        return found is not None and found.session.stage is SessionStage.WHOLE

    @app.get(path)
    async def streamed(request: Request, who: Who) -> Response:
        fresh = freshness_of(request)
        # A page that is not there for this visitor has no stream either.
        await run_in_threadpool(_refresh, fresh, language_of(request), who)
        refresh = partial(_refresh, fresh, language_of(request), who)
        return live.stream(request, refresh, may_go_on=partial(is_open, request))


def _refresh(fresh: Freshness, language: Language, who: Visitor) -> FreshPart:
    try:
        return fresh.get(language, who).event
    except StoreUnavailable:
        text = both("console.store_away").in_language(language)
        return live.event(live.AWAY, "", text=text)
