"""Which pages are asked for, by whom, and how long an answer takes."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx
import sqlalchemy as sa
from fastapi.routing import APIRoute

from hub.console.app import create_app
from hub.console.parts import Parts
from hub.console.sign_in.cookies import SESSION
from hub.console.sign_in.forms import TOKEN
from hub.messages.catalog import PROVINCIAL
from hub.rules.users import keys
from hub.rules.users.rights import UserRole
from hub.rules.users.sign_in import SessionStage
from hub.runtime.clock import utc_now
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables import repair
from hub.store.schema.tables.exchange import WITH_RECEIPT, audit, deliveries, handovers, journal
from hub.store.schema.tables.operators.alerts import incidents
from hub.store.schema.tables.records import dossiers, legs
from hub.store.users import sessions
from hub.store.users.sessions import Session
from tests.benchmarks.console.standing import CODES, LOOKING, MARK, OFFICER, number
from tests.support.console import looking

WARM_UP = 3
"""Requests of each page that are not counted."""
Cookies = Mapping[UserRole, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One page. The names of searches begin with `search`."""

    path: str
    who: UserRole = UserRole.HEAD
    until: bytes = b""
    """Timed until this has come, not to the end; for what streams."""
    form: Mapping[str, str] | None = None
    """What is sent, where the page is the answer to a form."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long answers took, in milliseconds, sorted."""

    all_of_them: tuple[float, ...]

    def within(self, share: float) -> float:
        """Return the time within which a share of all answers came."""
        place = min(len(self.all_of_them) - 1, int(len(self.all_of_them) * share))
        return round(self.all_of_them[place], 1)

    def as_figures(self) -> dict[str, float]:
        """Return what is told of them."""
        return {"p50": self.within(0.5), "p95": self.within(0.95), "max": self.within(1)}


def asked(store: Store) -> dict[str, Asked]:
    """Return every page, with numbers that the store has. Raises NoResultFound without them."""
    with store.read() as tx:
        known = _known(tx)
    paths = _paths_of_things(known) | _paths_of_lists(known) | _searches(known)
    found = {name: Asked(path=path) for name, path in paths.items()}
    for name, path in _OF_OFFICER.items():
        found[f"{name}_of_officer"] = Asked(path=path, who=UserRole.OFFICER)
    for name, path in (("accounts", "/accounts"), ("user_account", f"/accounts/{OFFICER}")):
        found[name] = Asked(path=path, who=UserRole.OPERATOR)
    found |= _names(known["person"])
    closed = f"state=dead&up_to={known['last']}"
    for name, path in (
        ("search", "/search.csv"),
        ("selection", f"/selection.csv?{closed}"),
        ("audit", "/audit.csv"),
    ):
        found[f"{name}_csv_first_rows"] = Asked(path=path, until=_ROW)
    found["events_first"] = Asked(path="/live/overview/hour", until=b"event: page")
    return found


_ROW = b"\r\n"
_OF_OFFICER = {"overview": "/", "failures": "/failures", "search_dead": "/search?state=dead"}


def _names(person: str) -> dict[str, Asked]:
    """Return the searches by name: as it is written, its words turned, a frequent one, nobody's."""
    words = person.split()
    turned = " ".join(reversed(words))
    wanted = {"whole": person, "turned": turned, "frequent": words[0], "nobody": f"{words[0]} Zzz"}
    asked = {name: {"q": it, "reason": MARK, "form_id": "f" * 16} for name, it in wanted.items()}
    place, officer = "/search/names", UserRole.OFFICER
    made = {f"search_name_{it}": Asked(path=place, form=form) for it, form in asked.items()}
    of_officer = Asked(path=place, form=asked["frequent"], who=officer)
    return made | {"search_name_of_officer": of_officer}


def _paths_of_things(known: Mapping[str, Any]) -> dict[str, str]:
    """Return the pages of one thing each."""
    dead, plan = known["dead"], f"/replays/{known['plan']}"
    return {
        "dossier": f"/dossiers/{known['number']}",
        "dossier_failed": f"/dossiers/{number(1)}",
        "delivery": f"/deliveries/{known['delivered']}",
        "delivery_failed": f"/deliveries/{dead}",
        "correct": f"/deliveries/{dead}/correct",
        "failure_group": f"/failures/group?{known['group']}",
        "fault": f"/faults/{CODES[0]}",
        "selection": f"/selection?state=dead&{known['group']}&up_to={known['last']}",
        "selection_deep": f"/selection?state=dead&up_to={known['last']}&before={dead + 6000}",
        "replay": plan,
        "replay_deep": f"{plan}?after=9000",
        "comparison": f"/comparisons/{known['comparison']}",
        "task": f"/tasks/{known['task']}",
        "incident": f"/incidents/{known['incident']}",
        "signal": "/signals/disk_free",
        "parked_message": f"/parked/message?id={MARK}-parked-0",
        "account": "/account",
    }


def _paths_of_lists(known: Mapping[str, Any]) -> dict[str, str]:
    """Return the pages about many things."""
    return {
        "overview": "/",
        "overview_day": "/?span=day",
        "overview_week": "/?span=week",
        "queues": "/queues",
        "failures": "/failures",
        "failures_week": "/failures?span=week",
        "replays": "/replays",
        "comparisons": "/comparisons",
        "audit": "/audit",
        "audit_rare": "/audit?thing=nothing_has_this",
        "audit_day": "/audit?day=2018-08-06",
        "audit_deep": f"/audit?before={known['audit'] // 2}",
        "incidents": "/incidents",
        "parked": "/parked",
        "approvals": "/approvals",
        "desks": "/desks",
        "desk": "/desks/1",
        "workstations": "/workstations",
        "approvals_count": "/live/approvals",
    }


def _searches(known: Mapping[str, Any]) -> dict[str, str]:
    """Return the search by each kind of number, and its lists."""
    words = {
        "number": known["number"],
        "town_number": known["town"],
        "message": known["message"],
        "receipt": known["receipt"],
        "delivery": known["delivered"],
        "beginning": str(known["number"])[:-2],
        "nothing": "BN-0000",
    }
    dead, last = known["dead"], known["last"]
    lists = {
        "list": "",
        "middle": f"before={last // 2}",
        "oldest": "before=500",
        "rare": "state=cancelled&fault=nothing_has_this",
        "due": "partner=town_center&due_h=24",
        "dead": "state=dead",
        "dead_deep": f"state=dead&before={dead + 6000}",
        "dead_filtered": f"state=dead&{known['group']}&older_h=1&due_h=48",
        "held": "state=held",
    }
    found = {name: f"/search?{it}" for name, it in lists.items()}
    found |= {name: f"/search?q={quote(str(it), safe='')}" for name, it in words.items()}
    return {f"search_{name}": path for name, path in found.items()}


def _known(tx: Tx) -> dict[str, Any]:
    """Return numbers of the store: a dossier, a delivery, a receipt."""
    delivered = sa.select(deliveries.c.id, deliveries.c.lane, deliveries.c.type)
    delivered = delivered.where(deliveries.c.destination == PROVINCIAL, deliveries.c.lane != "")
    middle = tx.execute(sa.select(sa.func.max(deliveries.c.id))).scalar_one() // 2
    one = tx.execute(delivered.where(deliveries.c.id >= middle).order_by("id").limit(1)).one()
    of_lane = sa.select(deliveries.c.id, deliveries.c.type)
    dead = tx.execute(of_lane.where(deliveries.c.lane == number(1)).order_by("id").limit(1)).one()
    a_task = sa.select(repair.tasks.c.number).where(repair.tasks.c.subject == number(1))
    queries: dict[str, sa.Select[Any]] = {
        "last": sa.select(sa.func.max(deliveries.c.id)),
        "number": sa.select(dossiers.c.number).where(dossiers.c.number == one.lane),
        "town": sa.select(legs.c.child_number).where(legs.c.child_number.is_not(None)).limit(1),
        "message": sa.select(journal.c.id).limit(1),
        "receipt": sa.select(handovers.c.receipt).where(WITH_RECEIPT).limit(1),
        "plan": sa.select(sa.func.max(repair.replay_plans.c.number)),
        "comparison": sa.select(sa.func.max(repair.comparisons.c.number)),
        "audit": sa.select(sa.func.max(audit.c.seq)),
        "incident": sa.select(sa.func.max(incidents.c.number)),
        "task": a_task.limit(1),
    }
    found = {name: tx.execute(query).scalar() or 0 for name, query in queries.items()}
    applicant = sa.select(dossiers.c.applicant).where(dossiers.c.number == one.lane)
    found["person"] = json.loads(tx.execute(applicant).scalar_one())["hoTen"]
    group = f"partner={PROVINCIAL}&operation={dead.type}&fault={CODES[0]}"
    return found | {"delivered": one.id, "dead": dead.id, "group": group}


def open_sessions(store: Store) -> dict[UserRole, str]:
    """Open a session for the accounts that look; return the cookie of each."""
    now, found = datetime.now(UTC), {}
    for name, role in LOOKING.items():
        token = keys.fresh_token()
        session = Session(
            id=f"{name}-{now.timestamp()}",
            user=name,
            stage=SessionStage.WHOLE,
            made_at=now,
            last_seen_at=now,
            ends_at=now + timedelta(hours=8),
            address="127.0.0.x",
        )
        with store.write() as tx:
            sessions.add(tx, keys.digest(token), session, now=now)
        found[role] = f"{SESSION}={token}"
    return found


def not_asked(store: Store) -> list[str]:
    """Return the pages that the console has and this does not ask for."""
    app = create_app(Parts(store=store, clock=utc_now, destinations=()))
    paths = [it.path.partition("?")[0] for it in asked(store).values()]
    return [
        it.path
        for it in app.routes
        if isinstance(it, APIRoute) and "GET" in (it.methods or ())
        if not it.path.startswith(_NO_PAGE) and not any(map(it.path_regex.match, paths))
    ]


_NO_PAGE = ("/live/", "/static/", "/language/", "/sign-in")


def timed(store: Store, *, calls: int) -> dict[str, Times]:
    """Return how long each page takes, to visitors who are signed in."""
    cookies = open_sessions(store)
    with looking(store, signed_in=False) as browser:
        return {name: _times(browser, it, cookies, calls) for name, it in asked(store).items()}


def _times(browser: httpx.Client, it: Asked, cookies: Cookies, calls: int) -> Times:
    times = [once(browser, it, cookies) for _ in range(WARM_UP + calls)]
    return Times(tuple(sorted(times[WARM_UP:])))


@cache
def _token(browser: httpx.Client, cookie: str) -> str:
    """Return the token that the forms of a session carry."""
    page = browser.get("/search", headers={"cookie": cookie}).text
    found = re.search(rf'name="{TOKEN}" value="([^"]+)"', page)
    return found[1] if found else ""


def once(browser: httpx.Client, it: Asked, cookies: Cookies) -> float:
    """Ask for a page; return the milliseconds to the last byte, or to what is waited for.

    Raises RuntimeError for any answer but the page.
    """
    headers, form = {"cookie": cookies[it.who], "sec-fetch-site": "same-origin"}, it.form
    if form is not None:
        form = {**form, TOKEN: _token(browser, cookies[it.who])}
    begun = time.perf_counter()
    method = "GET" if form is None else "POST"
    with browser.stream(method, it.path, headers=headers, data=form) as answer:
        came = b""
        for some in answer.iter_bytes():
            came += some
            # The head of a file comes before its first row is read.
            if it.until and came.count(it.until) > (it.until == _ROW):
                break
    taken = (time.perf_counter() - begun) * 1000
    expected = (200, 303) if it.path.startswith("/search?q=") else (200,)
    if answer.status_code not in expected or "sign-in" in answer.headers.get("location", ""):
        raise RuntimeError(f"{it.path}: {answer.status_code} {came[:500]!r}")
    return taken
