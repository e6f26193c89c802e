"""What cannot be true at once in a profile, or can never be used: each refused with its place.

A profile that contradicts itself would be read in one of two ways by chance; for a dossier that may
be the difference between done and sent twice.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from adapters.wire.profile.kinds import shown
from adapters.wire.profile.problem import ProfileProblem, ProfileSource, dotted
from adapters.wire.profile.records import Code, Means, Profile
from adapters.wire.texts import spaced

LOOK_UP = "TraCuuHoSo"
"""The look-up of a dossier, by this name at every partner."""
EVERY = "every"
"""In a table of addresses: all operations that the table does not name."""
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset(
    {
        *("host", "content-length", "content-type", "content-encoding", "transfer-encoding", "te"),
        *("trailer", "upgrade", "expect", "connection", "keep-alive", "proxy-connection"),
        *("proxy-authorization", "authorization", "cookie", "accept", "accept-encoding"),
        *("accept-charset", "user-agent", "date", "soapaction", "idempotency-key"),
    }
)
"""Header fields that the hub fills itself."""
_TURNED = re.compile("%[dm]")
_CERTAIN = frozenset(set(Means) - {Means.SERVER_ERROR, Means.UNKNOWN, Means.BUSY})


@dataclass(frozen=True, slots=True)
class _Found:
    key: tuple[str, ...]
    read: str
    allowed: str
    fix: str


Check = Callable[[Profile], Iterator[_Found]]


def find(
    profile: Profile,
    sources: Mapping[tuple[str, ...], ProfileSource],
    *,
    operations: frozenset[str],
) -> list[ProfileProblem]:
    """Return everything that contradicts itself."""
    found = [*_addresses(profile, operations), *_unsupported(profile, operations)]
    found += [it for check in _CHECKS for it in check(profile)]
    return [
        ProfileProblem(_place(sources, it.key), dotted(it.key), it.read, it.allowed, it.fix)
        for it in found
    ]


def _place(sources: Mapping[tuple[str, ...], ProfileSource], key: tuple[str, ...]) -> ProfileSource:
    for length in range(len(key), 0, -1):
        for path, source in sources.items():
            if path[:length] == key[:length]:
                return source
    return ProfileSource("profile")


def _addresses(profile: Profile, operations: frozenset[str]) -> Iterator[_Found]:
    known = f"{EVERY}, {', '.join(sorted(operations))}"
    absent = set(profile.unsupported.operations)
    for way in ("soap", "rest"):
        table: dict[str, str] = getattr(profile.addresses, way)
        for name, address in table.items():
            key = ("addresses", way, name)
            if name != EVERY and name not in operations:
                yield _Found(key, name, known, "Write the partner's name of the operation.")
            if problem := _no_address(address):
                allowed = "http(s)://host/path, /path, or a path behind the partner's URL"
                yield _Found(key, repr(address), allowed, problem)
            if name in absent:
                fix = "Leave the address out, or take it from unsupported.operations."
                yield _Found(key, address, "no address of an unsupported operation", fix)


def _no_address(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "Write an address."
    if any(not char.isascii() or not char.isprintable() or char == " " for char in address):
        return "Write other letters and blanks as %XX."
    if "@" in parts.netloc or parts.fragment:
        return "Leave the user, the password and the fragment out."
    if parts.scheme not in {"", "http", "https"} or bool(parts.scheme) != bool(parts.hostname):
        return "Begin with http:// or https://, or with the path."
    return ""


def _echo(profile: Profile) -> Iterator[_Found]:
    name = profile.echo.header
    if name and (not _HEADER.fullmatch(name) or name.lower() in _OURS):
        allowed = "a header field that the hub does not fill itself"
        yield _Found(("echo", "header"), repr(name), allowed, 'For example "X-Request-Id".')


def _session(profile: Profile) -> Iterator[_Found]:
    session = profile.session
    for status in session.statuses:
        if status < 400 or status > 499:
            allowed = "statuses from 400 to 499: others do not prove that nothing was done"
            fix = "A login page with status 200 is found by page_marks."
            yield _Found(("session", "statuses"), str(status), allowed, fix)
    if session.fault_codes and not session.words:
        fix = "Add the partner's words, or leave session.fault_codes empty."
        yield _Found(("session", "words"), "[]", "at least one, with session.fault_codes", fix)
    if session.hints and not session.fault_codes and not _ends_by_code(profile):
        fix = "Leave the hints out, or name session.fault_codes."
        allowed = "hints only with session.fault_codes or a code that means session_over"
        yield _Found(("session", "hints"), repr(session.hints[0]), allowed, fix)
    for name in ("fault_codes", "words", "hints", "page_marks"):
        if not all(text.strip() for text in getattr(session, name)):
            fix = "An empty text stands in every reply."
            yield _Found(("session", name), "an empty text", "texts that are not empty", fix)


def _ends_by_code(profile: Profile) -> bool:
    return any(it.means is Means.SESSION_OVER for it in profile.codes.values())


def _codes(profile: Profile) -> Iterator[_Found]:
    if profile.codes and not any(it.means is Means.DONE for it in profile.codes.values()):
        fix = "Add the code of success; without it nothing is ever delivered."
        yield _Found(("codes",), "no code that means done", "at least one", fix)
    signals = {status for status in profile.session.statuses if 400 <= status < 500} - {403}
    for name, code in profile.codes.items():
        yield from _code(("codes", name), code, signals)
    yield from _twice(profile.codes)


def _twice(codes: Mapping[str, Code]) -> Iterator[_Found]:
    """Yield rows of one code that fit one message and mean two things: chance would decide."""
    from adapters.wire.reading.code_table import normal  # reading reads profiles itself

    for (first, one), (second, other) in combinations(codes.items(), 2):
        if normal(first) != normal(second) or one.means is other.means:
            continue
        if one.words and other.words and not _overlap(one.words, other.words):
            continue
        read, allowed = f"the code of {first!r} as well", "one row, or rows with other words each"
        fix = "Leave one of both out, or give each the words that only it comes with."
        yield _Found(("codes", second, "means"), read, allowed, fix)


def _overlap(words: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether a word of one row stands in a word of the other."""
    return any(
        spaced(one) in spaced(other) or spaced(other) in spaced(one)
        for one in words
        for other in others
    )


def _code(key: tuple[str, ...], code: Code, signals: set[int]) -> Iterator[_Found]:
    yield from _code_words(key, code)
    if not code.statuses:
        fix = "Name the statuses that the code comes with, 200 where it is the usual one."
        yield _Found((*key, "statuses"), "[]", "at least one HTTP status", fix)
    for status in code.statuses:
        if not 200 <= status <= 599 or 300 <= status < 400:
            yield _Found(
                (*key, "statuses"), str(status), "2xx, 4xx and 5xx", "Leave the status out."
            )
        elif status >= 500 and code.means in _CERTAIN:
            allowed = "no 5xx where the code decides: after a 5xx the effect is unknown"
            fix = "Leave the status out, or let the code mean server_error."
            yield _Found((*key, "statuses"), f"{status} with {code.means}", allowed, fix)
        elif status >= 400 and code.means is Means.DONE:
            fix = "Leave the status out."
            yield _Found((*key, "statuses"), str(status), "2xx for a code that means done", fix)
        elif status in signals and code.means is not Means.SESSION_OVER:
            allowed = "no status of session.statuses, unless the code means session_over"
            fix = "Leave the status out here, or take it from session.statuses."
            yield _Found((*key, "statuses"), f"{status} with {code.means}", allowed, fix)


def _code_words(key: tuple[str, ...], code: Code) -> Iterator[_Found]:
    from adapters.wire.reading.words import read_words

    # A message that holds a word holds what is in the word, unless an exception takes that out.
    left = [spaced(word) for word in code.words]
    for harmless in filter(None, map(spaced, code.except_for)):
        left = [word.replace(harmless, " ") for word in left]
    both = [no for no in map(spaced, code.never) if no and any(no in word for word in left)]
    if both:
        fix = "Take it out of one of the two."
        yield _Found((*key, "never"), repr(min(both)), "no word of `words`", fix)
    failing = [it for it in code.words if it not in code.usual and read_words(it).failure]
    if code.means is Means.DONE and failing:
        allowed = "no words of failure beside success"
        fix = "Leave them out, or list them in `usual` as well."
        yield _Found((*key, "words"), repr(failing[0]), allowed, fix)
    for name in ("words", "never", "except_for", "usual"):
        if not all(text.strip() for text in getattr(code, name)):
            fix = "An empty text stands in every message."
            yield _Found((*key, name), "an empty text", "texts that are not empty", fix)


def _lookup(profile: Profile) -> Iterator[_Found]:
    lookup = profile.lookup
    for name in ("last_steps", "first_steps", "longest_list"):
        if getattr(lookup, name) < 0:
            read, fix = str(getattr(lookup, name)), "0 where all steps are shown."
            yield _Found(("lookup", name), read, "0 and more", fix)
    if lookup.last_steps > 0 and lookup.first_steps > 0:
        fix = "Leave one of the two out."
        allowed = "0 with lookup.last_steps: a list shows the first or the last"
        yield _Found(("lookup", "first_steps"), str(lookup.first_steps), allowed, fix)
    for name in ("first_steps", "last_steps"):
        most = getattr(lookup, name)
        if 0 < most < lookup.longest_list:
            fix = f"Leave one of the two out: a longer list than lookup.{name} was seen."
            allowed = f"at most lookup.{name}, {most}"
            yield _Found(("lookup", "longest_list"), str(lookup.longest_list), allowed, fix)
    if profile.resolution.text_length < 0:
        read, key = str(profile.resolution.text_length), ("resolution", "text_length")
        yield _Found(key, read, "0 and more", "0 where texts come back as long as sent.")
    if not profile.resolution.time:
        fix = "1s where seconds come back."
        yield _Found(("resolution", "time"), "0s", "longer than 0s", fix)


def _texts(profile: Profile) -> Iterator[_Found]:
    for form in profile.dates.forms:
        if form != "iso" and not {"%Y", "%m", "%d"} <= set(re.findall("%[A-Za-z]", form)):
            allowed = '"iso", or a form with %Y, %m and %d'
            yield _Found(("dates", "forms"), repr(form), allowed, 'As "%Y%m%d%H%M%S".')
    for one, other in combinations(profile.dates.forms, 2):
        if _TURNED.sub("", one) == _TURNED.sub("", other) and one != other:
            read, allowed = f"{one!r} and {other!r}", "one order of day and month"
            fix = "Leave out the one that the partner does not write."
            yield _Found(("dates", "forms"), read, allowed, fix)
    if not profile.dates.forms:
        yield _Found(("dates", "forms"), "[]", "at least one form", 'For example ["iso"].')
    for section, zone in (("dates", profile.dates.zone), ("callbacks", profile.callbacks.zone)):
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError):
            allowed = "a zone of the time zone database"
            yield _Found((section, "zone"), repr(zone), allowed, "As Asia/Ho_Chi_Minh, or UTC.")
    if not _is_charset(profile.encodings.charset):
        read = repr(profile.encodings.charset)
        yield _Found(("encodings", "charset"), read, "an encoding that the hub reads", "utf-8.")


def _is_charset(name: str) -> bool:
    from adapters.wire.reading.transport.charset import NAMES  # reading reads profiles itself

    return name.lower() in NAMES


def _retry_after(profile: Profile) -> Iterator[_Found]:
    wish = profile.retry_after
    if wish.pause_from > wish.longest:
        allowed = f"at most retry_after.longest, {shown(wish.longest)}"
        fix = "No wish could ever be as long as that."
        yield _Found(("retry_after", "pause_from"), shown(wish.pause_from), allowed, fix)


def _pair(profile: Profile) -> Iterator[_Found]:
    """A certificate and its key belong together."""
    tls = profile.tls
    if bool(tls.client_certificate) != bool(tls.client_key):
        has, lacks = "client_certificate", "client_key"
        if tls.client_key:
            has, lacks = lacks, has
        yield _Found(("tls", has), f"no {lacks}", "both or none", f"Add tls.{lacks}.")


def _files(profile: Profile) -> Iterator[_Found]:
    """The hub can read every file that is named, and nobody else those that are secret."""
    files = {("tls", name): getattr(profile.tls, name) for name in _TLS_FILES}
    files |= {
        ("proxy", "password_file"): profile.proxy.password_file,
        ("addresses", "wsdl"): profile.addresses.wsdl,
    }
    found = [
        _Found(key, path, "a file that the hub can read", problem)
        for key, path in files.items()
        if path and (problem := _unreadable(Path(path), secret=key[1] in _SECRET))
    ]
    yield from found
    if not found and not any(_pair(profile)):
        yield from _contents(profile)


def _contents(profile: Profile) -> Iterator[_Found]:
    """Look into the files that can be read."""
    if profile.tls.ca_file or profile.tls.client_certificate:
        from adapters.wire.connections.tls import context_of  # it reads profiles itself

        try:
            context_of(profile.tls)
        except (OSError, ValueError) as error:
            key = ("tls", "client_certificate" if profile.tls.client_certificate else "ca_file")
            read = getattr(error, "reason", None) or "no PEM"
            fix = "Name PEM files, the key without a password and belonging to the certificate."
            yield _Found(key, read, "PEM files that can be used", fix)
    if profile.addresses.wsdl:
        from adapters.wire.wsdl import soap_path

        try:
            soap_path(Path(profile.addresses.wsdl))
        except ValueError as error:
            fix = "Set addresses.soap.every instead."
            yield _Found(("addresses", "wsdl"), str(error), "a WSDL with one soap:address", fix)


_TLS_FILES = ("ca_file", "client_certificate", "client_key")
_SECRET = ("client_key", "password_file")


def _unreadable(path: Path, *, secret: bool) -> str:
    try:
        with path.open("rb"):
            mode = path.stat().st_mode
    except OSError as error:
        return f"{error.strerror}: put it there, or name another file."
    if secret and mode & 0o077:
        return f"Others can read it: chmod 600 {path}"
    return ""


def _proxy(profile: Profile) -> Iterator[_Found]:
    proxy = profile.proxy
    if proxy.url in {"environment", "off"}:
        if proxy.password_file:
            fix = "Name the proxy with its user in proxy.url, or leave the password out."
            yield _Found(("proxy", "password_file"), proxy.url, "only with an address", fix)
        return
    try:
        parts = urlsplit(proxy.url)
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
        usable = usable and parts.path in {"", "/"} and not parts.query and not parts.fragment
    except ValueError:
        usable = False
    if not usable:
        allowed = "environment | off | http://host:port"
        fix = "A proxy is spoken to by plain HTTP; the line to the partner is encrypted in it."
        yield _Found(("proxy", "url"), "another address", allowed, fix)
    elif parts.password is not None:
        fix = "Put it into a file of mode 600 and name that in proxy.password_file."
        yield _Found(("proxy", "url"), "a password", "no password in the address", fix)
    elif bool(parts.username) != bool(proxy.password_file):
        key = ("proxy", "url" if parts.username else "password_file")
        fix = "Give both the user in proxy.url and proxy.password_file, or none."
        yield _Found(key, "only one of user and password", "both or none", fix)


def _contract(profile: Profile) -> Iterator[_Found]:
    for name in ("wsdl", "openapi"):
        address: str = getattr(profile.contract, name)
        if problem := _no_address(address):
            allowed = "http(s)://host/path, /path, or a path behind the partner's URL"
            yield _Found(("contract", name), repr(address), allowed, problem)
    if profile.contract.openapi.startswith("?"):
        read, fix = repr(profile.contract.openapi), 'Begin with the path, as "/openapi.json".'
        yield _Found(("contract", "openapi"), read, "an address with a path", fix)


def _unsupported(profile: Profile, operations: frozenset[str]) -> Iterator[_Found]:
    names = profile.unsupported.operations
    for name in names:
        if name not in operations:
            fix = "Write the partner's name of the operation."
            allowed = ", ".join(sorted(operations))
            yield _Found(("unsupported", "operations"), repr(name), allowed, fix)
    if LOOK_UP in names and profile.lookup.last_steps:
        fix = f"Take {LOOK_UP} from unsupported.operations, or leave lookup.last_steps out."
        read = str(profile.lookup.last_steps)
        yield _Found(("lookup", "last_steps"), read, "0 where there is no look-up", fix)


_CHECKS: tuple[Check, ...] = (
    _echo,
    _session,
    _codes,
    _lookup,
    _texts,
    _retry_after,
    _pair,
    _files,
    _proxy,
    _contract,
)
