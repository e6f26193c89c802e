"""Addresses of the console's own pages, made in one place."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from hub.rules.deliveries.selection import Selection

PROVIDER_DONE = "/sign-in/provider/done"
"""Where a provider of identities sends a browser back to."""
SIGN_IN = "/sign-in"


def search_of(filters: Mapping[str, str]) -> str:
    """Return the search with some filters."""
    given = {name: value for name, value in filters.items() if value}
    return f"/search?{urlencode(given)}" if given else "/search"


def dossier(number: str) -> str:
    """Return the page of a dossier."""
    return f"/dossiers/{quote(number, safe='')}"


def slip(number: str) -> str:
    """Return the control slip of a dossier."""
    return f"{dossier(number)}/slip"


def delivery(id: int) -> str:
    """Return the page of a delivery."""
    return f"/deliveries/{id}"


def message(id: str, page: int = 1) -> str:
    """Return the page of a message that is or was parked; `page`: which of its pages it shows."""
    given = {"id": id, **({"page": page} if page > 1 else {})}
    return f"/parked/message?{urlencode(given)}"


def page_picture(id: str, page: int) -> str:
    """Return the picture of one of parked pages, from 1."""
    return f"/parked/picture?{urlencode({'id': id, 'page': page})}"


def message_list(type: str = "", code: str = "", after: str = "") -> str:
    """Return the page of the parked messages of a kind; `after`: the last of the page before."""
    given = {name: it for name, it in (("type", type), ("code", code), ("after", after)) if it}
    return f"/parked?{urlencode(given)}" if given else "/parked"


def task(number: int) -> str:
    """Return the page of a task."""
    return f"/tasks/{number}"


def failure_group(wanted: Selection) -> str:
    """Return the page of a group of failures."""
    return f"/failures/group?{wanted.group.key}"


def selection(wanted: Selection) -> str:
    """Return the page of a selection of deliveries."""
    return f"/selection?{wanted.key}"


def fault(code: str) -> str:
    """Return the page of a fault code."""
    return f"/faults/{quote(code, safe='')}"


def replay_plan(number: int) -> str:
    """Return the page of a replay plan."""
    return f"/replays/{number}"


def account(name: str) -> str:
    """Return the page of a person's account."""
    return f"/accounts/{quote(name, safe='')}"


def incident(number: int) -> str:
    """Return the page of an incident."""
    return f"/incidents/{number}"


def signal(name: str) -> str:
    """Return the page of what is measured for alerts."""
    return f"/signals/{quote(name, safe='')}"


def device(name: str) -> str:
    """Return the page of a device."""
    return f"/devices/{quote(name, safe='')}"


def snapshot(name: str) -> str:
    """Return where the form of a camera's picture goes."""
    return f"{device(name)}/snapshot"


def camera_picture(name: str, file: str) -> str:
    """Return a picture of a camera."""
    return f"{device(name)}/pictures/{quote(file, safe='')}"


def desk(name: str) -> str:
    """Return the page of a desk of the counter."""
    return f"/desks/{quote(name, safe='')}"


def comparison(number: int) -> str:
    """Return the page of a comparison."""
    return f"/comparisons/{number}"
