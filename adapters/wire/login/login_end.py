"""How a partner says that the login is over, by the signals of its profile. Pure.

A status, a reply code and a SOAP fault that blames the caller come in place of the work: nothing
was done. A login page is put before an application, or is where it sends somebody whose session
ended halfway: that proves nothing. Neither does a fault of the server: what its text calls a
session may be the one with its database, closed after the work. And only the reason of a fault is
the partner's word, a stack trace in its details is not. Reply codes are read by the adapters, which
make a LoginEnd of kind CODE.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from adapters.wire.profile import ProfileSession
from adapters.wire.reading import Findings, Reply
from adapters.wire.reading.documents.soap import SoapFault, read_envelope
from adapters.wire.reading.documents.xml import page_in
from adapters.wire.reading.findings import named
from adapters.wire.texts import spaced
from hub.rules.failures.errors import AmbiguousFailure

_DENIED = 403
_SERVERS = frozenset({"Server", "Receiver"})
"""Fault codes, by SOAP 1.1 and 1.2, of a server that failed at its work."""
_FAULT_STATUS = 500
"""A fault under a higher status was put there by a gateway, which may have waited for the work."""


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
    certain: bool = True
    """Whether the call that was answered so certainly had no effect."""


def login_end(reply: Reply, session: ProfileSession) -> LoginEnd | None:
    """Return what a reply says of the login, None when it says nothing of it."""
    if reply.status in session.statuses:
        words = f"HTTP {reply.status}"
        return LoginEnd(Kind.STATUS, words, denied=reply.status == _DENIED)
    if _is_login_page(reply, session):
        return LoginEnd(Kind.PAGE, f"HTTP {reply.status} with a login page", certain=False)
    if session.fault_codes and (b"Fault" in reply.body or "content-encoding" in reply.headers):
        return _fault(reply, session)
    return None


def has_one(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of the words stands in the text, as a person reads both."""
    spaced_text = spaced(text)
    return any(spaced(word) in spaced_text for word in words)


def has_phrase(text: str, phrases: Iterable[str]) -> bool:
    """Tell whether one of the phrases stands in the text, in whole words."""
    spaced_text = spaced(text)
    return any(re.search(rf"(?<!\w){re.escape(spaced(it))}(?!\w)", spaced_text) for it in phrases)


def _is_login_page(reply: Reply, session: ProfileSession) -> bool:
    if 300 <= reply.status < 400:
        return has_one(reply.header("location"), session.page_marks)
    page = page_in(reply)
    return bool(page) and has_one(page, session.page_marks)


def _fault(reply: Reply, session: ProfileSession) -> LoginEnd | None:
    try:
        # What is bent on the way is told when the reply is read for what it is.
        fault = read_envelope(replace(reply, findings=Findings()))
    except AmbiguousFailure:
        return None
    if not isinstance(fault, SoapFault):
        return None
    known = {code.casefold() for code in session.fault_codes}
    named_by = [it for it in (fault.name, fault.code, *fault.details) if it.casefold() in known]
    if not named_by or not has_phrase(fault.whole, (*session.words, *session.hints)):
        return None
    certain = (
        has_phrase(fault.text, session.words)
        and any(code not in _SERVERS for code in named_by)
        and reply.status <= _FAULT_STATUS
    )
    return LoginEnd(Kind.FAULT, f"SOAP fault {named(fault.name)}", certain=certain)
