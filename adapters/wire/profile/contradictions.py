"""What cannot be true at once in a profile, or can never be used: each refused with its place.

A profile that contradicts itself would be read in one of two ways by chance; for a dossier that may
be the difference between done and sent twice.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from adapters.wire.profile.kinds import shown
from adapters.wire.profile.problem import ProfileProblem, ProfileSource, dotted
from adapters.wire.profile.records import Code, Means, Profile
from adapters.wire.texts import spaced
from hub.texts import Text, both

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


_Found = tuple[tuple[str, ...], Text]
"""A key, and what is wrong with it."""
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
    return [ProfileProblem(_place(sources, key), dotted(key), why) for key, why in found]


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
                yield key, both("profile_problems.operation_unknown", read=name, known=known)
            if fix := _no_address(address):
                yield key, both("profile_problems.address", read=repr(address), fix=fix)
            if name in absent:
                yield key, both("profile_problems.address_unsupported", read=address)


def _no_address(address: str) -> Text | None:
    """Return what to do about an address that cannot be one."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return both("profile_problems.address_none")
    if any(not char.isascii() or not char.isprintable() or char == " " for char in address):
        return both("profile_problems.address_letters")
    if "@" in parts.netloc or parts.fragment:
        return both("profile_problems.address_parts")
    if parts.scheme not in {"", "http", "https"} or bool(parts.scheme) != bool(parts.hostname):
        return both("profile_problems.address_begin")
    return None


def _echo(profile: Profile) -> Iterator[_Found]:
    name = profile.echo.header
    if name and (not _HEADER.fullmatch(name) or name.lower() in _OURS):
        yield ("echo", "header"), both("profile_problems.echo_header", read=repr(name))


def _session(profile: Profile) -> Iterator[_Found]:
    session = profile.session
    for status in session.statuses:
        if status < 400 or status > 499:
            yield ("session", "statuses"), both("profile_problems.session_status", read=status)
    if session.fault_codes and not session.words:
        yield ("session", "words"), both("profile_problems.session_words")
    if session.hints and not session.fault_codes and not _ends_by_code(profile):
        read = repr(session.hints[0])
        yield ("session", "hints"), both("profile_problems.session_hints", read=read)
    for name in ("fault_codes", "words", "hints", "page_marks"):
        if not all(text.strip() for text in getattr(session, name)):
            yield ("session", name), both("profile_problems.empty_text_reply")


def _ends_by_code(profile: Profile) -> bool:
    return any(it.means is Means.SESSION_OVER for it in profile.codes.values())


def _codes(profile: Profile) -> Iterator[_Found]:
    if profile.codes and not any(it.means is Means.DONE for it in profile.codes.values()):
        yield ("codes",), both("profile_problems.codes_no_success")
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
        why = both("profile_problems.codes_twice", other=repr(first))
        yield ("codes", second, "means"), why


def _overlap(words: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether a word of one row stands in a word of the other."""
    return any(
        spaced(one) in spaced(other) or spaced(other) in spaced(one)
        for one in words
        for other in others
    )


def _code(key: tuple[str, ...], code: Code, signals: set[int]) -> Iterator[_Found]:
    yield from _code_words(key, code)
    key = (*key, "statuses")
    if not code.statuses:
        yield key, both("profile_problems.code_no_status")
    for status in code.statuses:
        if not 200 <= status <= 599 or 300 <= status < 400:
            yield key, both("profile_problems.code_status", read=status)
        elif status >= 500 and code.means in _CERTAIN:
            why = both("profile_problems.code_status_uncertain", read=status, means=code.means)
            yield key, why
        elif status >= 400 and code.means is Means.DONE:
            yield key, both("profile_problems.code_status_done", read=status)
        elif status in signals and code.means is not Means.SESSION_OVER:
            why = both("profile_problems.code_status_session", read=status, means=code.means)
            yield key, why


def _code_words(key: tuple[str, ...], code: Code) -> Iterator[_Found]:
    from adapters.wire.reading.words import read_words

    # A message that holds a word holds what is in the word, unless an exception takes that out.
    left = [spaced(word) for word in code.words]
    for harmless in filter(None, map(spaced, code.except_for)):
        left = [word.replace(harmless, " ") for word in left]
    doubtful = [no for no in map(spaced, code.never) if no and any(no in word for word in left)]
    if doubtful:
        yield (*key, "never"), both("profile_problems.code_never", read=repr(min(doubtful)))
    failing = [it for it in code.words if it not in code.usual and read_words(it).failure]
    if code.means is Means.DONE and failing:
        yield (*key, "words"), both("profile_problems.code_words", read=repr(failing[0]))
    for name in ("words", "never", "except_for", "usual"):
        if not all(text.strip() for text in getattr(code, name)):
            yield (*key, name), both("profile_problems.empty_text_message")


def _lookup(profile: Profile) -> Iterator[_Found]:
    lookup = profile.lookup
    for name in ("last_steps", "first_steps", "longest_list"):
        if (read := getattr(lookup, name)) < 0:
            yield ("lookup", name), both("profile_problems.lookup_negative", read=read)
    if lookup.last_steps > 0 and lookup.first_steps > 0:
        why = both("profile_problems.lookup_first_and_last", read=lookup.first_steps)
        yield ("lookup", "first_steps"), why
    for name in ("first_steps", "last_steps"):
        most, read = getattr(lookup, name), lookup.longest_list
        if 0 < most < read:
            why = both("profile_problems.lookup_longest", read=read, name=name, most=most)
            yield ("lookup", "longest_list"), why
    if (read := profile.resolution.text_length) < 0:
        yield ("resolution", "text_length"), both("profile_problems.text_length", read=read)
    if not profile.resolution.time:
        yield ("resolution", "time"), both("profile_problems.time_step")


def _texts(profile: Profile) -> Iterator[_Found]:
    key, forms = ("dates", "forms"), profile.dates.forms
    for form in forms:
        if form != "iso" and not {"%Y", "%m", "%d"} <= set(re.findall("%[A-Za-z]", form)):
            yield key, both("profile_problems.date_form", read=repr(form))
    for one, other in combinations(forms, 2):
        if _TURNED.sub("", one) == _TURNED.sub("", other) and one != other:
            yield key, both("profile_problems.date_order", one=repr(one), other=repr(other))
    if not forms:
        yield key, both("profile_problems.date_no_form")
    for section, zone in (("dates", profile.dates.zone), ("callbacks", profile.callbacks.zone)):
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError):
            yield (section, "zone"), both("profile_problems.zone", read=repr(zone))
    charset = profile.encodings.charset
    if not _is_charset(charset):
        yield ("encodings", "charset"), both("profile_problems.charset", read=repr(charset))


def _is_charset(name: str) -> bool:
    from adapters.wire.reading.transport.charset import NAMES  # reading reads profiles itself

    return name.lower() in NAMES


def _retry_after(profile: Profile) -> Iterator[_Found]:
    wish = profile.retry_after
    if wish.pause_from > wish.longest:
        read, longest = shown(wish.pause_from), shown(wish.longest)
        why = both("profile_problems.pause_from", read=read, longest=longest)
        yield ("retry_after", "pause_from"), why


def _pair(profile: Profile) -> Iterator[_Found]:
    """A certificate and its key belong together."""
    tls = profile.tls
    if bool(tls.client_certificate) != bool(tls.client_key):
        has, lacks = "client_certificate", "client_key"
        if tls.client_key:
            has, lacks = lacks, has
        yield ("tls", has), both("profile_problems.tls_pair", lacks=lacks)


def _files(profile: Profile) -> Iterator[_Found]:
    """The hub can read every file that is named, and nobody else those that are secret."""
    files = {("tls", name): getattr(profile.tls, name) for name in _TLS_FILES}
    files |= {
        ("proxy", "password_file"): profile.proxy.password_file,
        ("addresses", "wsdl"): profile.addresses.wsdl,
    }
    found = [
        (key, why)
        for key, path in files.items()
        if path and (why := _unreadable(Path(path), secret=key[1] in _SECRET))
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
            cause = getattr(error, "reason", None) or both("profile_problems.no_pem")
            yield key, both("profile_problems.tls_files", why=cause)
    if profile.addresses.wsdl:
        from adapters.wire.wsdl import soap_path

        try:
            soap_path(Path(profile.addresses.wsdl))
        except ValueError as error:
            yield ("addresses", "wsdl"), both("profile_problems.wsdl", why=error)


_TLS_FILES = ("ca_file", "client_certificate", "client_key")
_SECRET = ("client_key", "password_file")


def _unreadable(path: Path, *, secret: bool) -> Text | None:
    try:
        with path.open("rb"):
            mode = path.stat().st_mode
    except OSError as error:
        return both("profile_problems.file_unreadable", read=path, why=error.strerror)
    if secret and mode & 0o077:
        return both("profile_problems.file_open", read=path)
    return None


def _proxy(profile: Profile) -> Iterator[_Found]:
    proxy = profile.proxy
    if proxy.url in {"environment", "off"}:
        if proxy.password_file:
            why = both("profile_problems.proxy_password_alone", read=proxy.url)
            yield ("proxy", "password_file"), why
        return
    try:
        parts = urlsplit(proxy.url)
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
        usable = usable and parts.path in {"", "/"} and not parts.query and not parts.fragment
    except ValueError:
        usable = False
    if not usable:
        yield ("proxy", "url"), both("profile_problems.proxy_address")
    elif parts.password is not None:
        yield ("proxy", "url"), both("profile_problems.proxy_password")
    elif bool(parts.username) != bool(proxy.password_file):
        key = ("proxy", "url" if parts.username else "password_file")
        yield key, both("profile_problems.proxy_pair")


def _contract(profile: Profile) -> Iterator[_Found]:
    for name in ("wsdl", "openapi"):
        address: str = getattr(profile.contract, name)
        if fix := _no_address(address):
            why = both("profile_problems.address", read=repr(address), fix=fix)
            yield ("contract", name), why
    if profile.contract.openapi.startswith("?"):
        read = repr(profile.contract.openapi)
        yield ("contract", "openapi"), both("profile_problems.openapi_path", read=read)


def _unsupported(profile: Profile, operations: frozenset[str]) -> Iterator[_Found]:
    names = profile.unsupported.operations
    known = ", ".join(sorted(operations))
    for name in names:
        if name not in operations:
            why = both("profile_problems.operation_unknown", read=repr(name), known=known)
            yield ("unsupported", "operations"), why
    if LOOK_UP in names and (last := profile.lookup.last_steps):
        why = both("profile_problems.last_steps_without_lookup", read=last, look_up=LOOK_UP)
        yield ("lookup", "last_steps"), why


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
