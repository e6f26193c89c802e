"""How a partner says that the login is over, by the signals of its profile. Pure.

A status, a SOAP fault and a reply code come in place of the work: nothing was done. A login page is
put before an application, or is where it sends somebody whose session ended halfway: that proves
nothing. Reply codes are read by the adapters, which make a LoginEnd of kind CODE.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from adapters.wire.profile import Session
from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.findings import named
from adapters.wire.reading.soap import Fault, read_envelope
from adapters.wire.reading.xml import page_in
from hub.rules.errors import AmbiguousFailure

_DENIED = 403


class Kind(StrEnum):
    """What said so."""

    STATUS = "status"
    FAULT = "fault"
    CODE = "code"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class LoginEnd:
    """That the login is over."""

    kind: Kind
    words: str
    """What was seen, for operators; never contents."""
    denied: bool = False
    """Under a new login the same says that the account has no right."""

    @property
    def certain(self) -> bool:
        """Whether the call that was answered so certainly had no effect."""
        return self.kind is not Kind.PAGE


def login_end(reply: Reply, session: Session) -> LoginEnd | None:
    """Return what a reply says of the login, None when it says nothing of it."""
    if reply.status in session.statuses:
        words = f"HTTP {reply.status}"
        return LoginEnd(Kind.STATUS, words, denied=reply.status == _DENIED)
    if _is_login_page(reply, session):
        return LoginEnd(Kind.PAGE, f"HTTP {reply.status} with a login page")
    if session.fault_codes and (b"Fault" in reply.body or "content-encoding" in reply.headers):
        return _fault(reply, session)
    return None


def has_one(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of the words stands in the text, as a person reads both."""
    said = _plain(text)
    return any(_plain(word) in said for word in words)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _is_login_page(reply: Reply, session: Session) -> bool:
    if 300 <= reply.status < 400:
        return has_one(reply.header("location"), session.page_marks)
    page = page_in(reply)
    return bool(page) and has_one(page, session.page_marks)


def _fault(reply: Reply, session: Session) -> LoginEnd | None:
    try:
        # What is bent on the way is told when the reply is read for what it is.
        fault = read_envelope(replace(reply, findings=Findings()))
    except AmbiguousFailure:
        return None
    if not isinstance(fault, Fault):
        return None
    known = {code.casefold() for code in session.fault_codes}
    codes = (fault.name, fault.code, *fault.details)
    if not any(code.casefold() in known for code in codes):
        return None
    if not has_one(fault.whole, session.words):
        return None
    return LoginEnd(Kind.FAULT, f"SOAP fault {named(fault.name)}")
