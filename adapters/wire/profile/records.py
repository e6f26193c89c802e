"""The sections of a partner's profile as frozen records, every key with its meaning.

A default here is the cautious reading: it holds where no file says anything. What is written beside
a key (what is allowed, what it means) is what `hub partners show`, a refusal and the document
docs/partner-profile.md say of that key.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Struct, field

from adapters.wire.profile.kinds import (
    DURATION,
    PATHS,
    STATUSES,
    TEXTS,
    ProfileKey,
    Section,
)
from adapters.wire.profile.transport import Files, Proxy, RetryAfter, Served, Tls

HOUR = timedelta(hours=1)


class Means(StrEnum):
    """What a reply code says of the call."""

    DONE = "done"
    """The effect is there."""
    ALREADY = "already"
    """The effect, or something of the same number, was there before: it is compared."""
    NOT_THERE = "not_there"
    """There is no such dossier (or procedure)."""
    SESSION_OVER = "session_over"
    """The login is over; the call was not carried out."""
    REFUSED = "refused"
    """Certainly not done, and the same call never will be."""
    FORBIDDEN = "forbidden"
    """Certainly not done: the account has no right."""
    BUSY = "busy"
    """Certainly not done now; the same call may work later."""
    SERVER_ERROR = "server_error"
    """The effect is unknown: the partner is asked."""
    UNKNOWN = "unknown"
    """As if the profile did not have the code: the effect is unknown, a person classifies it."""


class Addresses(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where each operation is called.

    Address: `http(s)://...` as it is; `/path` at the host of the partner's URL; anything else
    behind that URL.
    """

    wsdl: Annotated[
        str,
        ProfileKey(
            "path of a WSDL file, from this file's folder; empty: the shipped one",
            "The partner's own WSDL. Only the path of its `soap:address` is taken from it, not the "
            "host, and it wins over the built-in path.",
        ),
    ] = ""
    soap: Annotated[
        dict[str, str],
        ProfileKey(
            PATHS,
            "Addresses of operations called by SOAP. They win over the path in the partner's URL "
            "and over the WSDL.",
        ),
    ] = field(default_factory=dict)
    rest: Annotated[
        dict[str, str],
        ProfileKey(
            PATHS, "Addresses of operations called by REST; `{number}` is the dossier's number."
        ),
    ] = field(default_factory=dict)


class Echo(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mark of a call that comes back with its reply."""

    header: Annotated[
        str,
        ProfileKey(
            "name of an HTTP header field; empty: the partner gives none back",
            "Field that marks a call and that the partner gives back with the reply. Without it "
            "each connection is used for one call only.",
        ),
    ] = ""


class ProfileSession(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a login ends, and how the partner says so. Reply codes that say so stand in `codes`."""

    statuses: Annotated[
        tuple[int, ...],
        ProfileKey(
            STATUSES,
            "HTTP statuses that say so whatever the body. 401 and 403: under a fresh login, 403 "
            "is a missing right.",
        ),
    ] = (401,)
    fault_codes: Annotated[
        tuple[str, ...],
        ProfileKey(
            "list of SOAP fault codes without prefix",
            "SOAP faults that say so when their text holds one of `words`. Server and Receiver "
            "never prove that the call had no effect: it is looked up.",
        ),
    ] = ()
    words: Annotated[
        tuple[str, ...],
        ProfileKey(
            TEXTS,
            "Of these at least one stands in the reason of such a fault, in whole words; case is "
            "ignored. Write phrases: a single word may speak of something else.",
        ),
    ] = ()
    hints: Annotated[
        tuple[str, ...],
        ProfileKey(
            TEXTS,
            "A fault with one of these and none of `words` may say so. A reply code of an ended "
            "login may, too, with one of these and none of its own words. The hub logs in anew and "
            "looks up what became of the call.",
        ),
    ] = ()
    page_marks: Annotated[
        tuple[str, ...],
        ProfileKey(
            TEXTS,
            "Of these at least one stands in an HTML page, or in the Location of a redirect, that "
            "comes instead of a reply and is a login page. The effect of the call that it answers "
            "is unknown.",
        ),
    ] = ()
    lifetime: Annotated[
        timedelta,
        ProfileKey(
            DURATION,
            "How long a login is used where the partner does not say how long it is good; 0s: "
            "until it is refused.",
        ),
    ] = timedelta(minutes=5)


class Code(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one reply code means, and when it may be believed."""

    means: Annotated[
        Means,
        ProfileKey(" | ".join(Means), "What the code says. One that is not listed is unknown."),
    ]
    words: Annotated[
        tuple[str, ...],
        ProfileKey(TEXTS, "Of these at least one stands in the message, else the code is unknown."),
    ] = ()
    never: Annotated[
        tuple[str, ...],
        ProfileKey(
            TEXTS, "With one of these in the message the code is unknown: it contradicts itself."
        ),
    ] = ()
    except_for: Annotated[
        tuple[str, ...],
        ProfileKey(TEXTS, 'Texts in which a word of `never` is harmless ("không có lỗi").'),
    ] = ()
    usual: Annotated[
        tuple[str, ...],
        ProfileKey(
            TEXTS,
            "Texts that are usual beside the code: they are left out before the words are judged. "
            "An unknown message beside done has the record looked up, once for each call.",
        ),
    ] = ()
    statuses: Annotated[
        tuple[int, ...],
        ProfileKey(
            STATUSES, "HTTP statuses that the code may come with; with others it says nothing."
        ),
    ] = (200,)


class ProfileLookUp(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the partner's look-up of a dossier can prove."""

    lag: Annotated[
        timedelta,
        ProfileKey(
            DURATION,
            "How long after the effect the look-up may still say that nothing is there (a replica, "
            "an index).",
        ),
    ] = timedelta(seconds=30)
    last_steps: Annotated[
        int,
        ProfileKey(
            "number from 0 on; 0: all",
            "How many of the last steps of a dossier the look-up shows. An older one that is not "
            "shown is not absent.",
        ),
    ] = 0
    first_steps: Annotated[
        int,
        ProfileKey(
            "number from 0 on; 0: all",
            "How many of the first steps of a dossier the look-up shows (its first page). A later "
            "one that is not shown is not absent.",
        ),
    ] = 0
    longest_list: Annotated[
        int,
        ProfileKey(
            "number from 0 on; 0: none was seen",
            "The most steps of a dossier that the look-up was seen to show. A list of 10, 15, 20 "
            "and so on that is not shorter may be a first page: what it lacks is not absent.",
        ),
    ] = 0
    omits_empty_lists: Annotated[
        bool,
        ProfileKey(
            "true | false",
            "Whether a list that is not in a JSON reply, or is null there, is an empty one. "
            "Otherwise it says nothing: what it would hold is never taken for absent.",
        ),
    ] = False


class ProfileResolution(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How exactly the partner keeps what it was given."""

    time: Annotated[
        timedelta,
        ProfileKey(
            'duration: "1s", "60s" or "1d" and the like',
            "Smallest step of a time as it comes back: 60s where seconds are cut off.",
        ),
    ] = timedelta(seconds=1)
    text_length: Annotated[
        int,
        ProfileKey(
            "number from 0 on; 0: as long as sent",
            "Characters after which a text or a long code that comes back was cut off. Normal "
            "form, case and blanks never make another text.",
        ),
    ] = 0


class Dates(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How times are written in replies."""

    forms: Annotated[
        tuple[str, ...],
        ProfileKey(
            'list of "iso" and of forms such as "%Y%m%d%H%M%S"',
            "Forms in which times are read; all are tried, their order does not count. A text that "
            "two of them read differently is left as it is, and compared as day first.",
        ),
    ] = ("iso",)
    zone: Annotated[
        str,
        ProfileKey("name of a time zone, as Asia/Ho_Chi_Minh", "Zone of a time without an offset."),
    ] = "Asia/Ho_Chi_Minh"


class ProfileCallbacks(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the partner's own calls to the hub are read."""

    zone: Annotated[
        str,
        ProfileKey(
            "name of a time zone, as UTC", "Zone of a time without an offset in a callback."
        ),
    ] = "UTC"
    officer: Annotated[
        str,
        ProfileKey(
            "text; empty: such a callback is refused",
            "Stands for the officer in a callback that names none.",
        ),
    ] = ""


class Encodings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How texts are encoded in replies."""

    charset: Annotated[
        str,
        ProfileKey(
            "name of an encoding, as utf-8 or windows-1258",
            "Encoding of a reply of which neither the header nor the document says it.",
        ),
    ] = "utf-8"


class Unsupported(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the partner does not have."""

    operations: Annotated[
        tuple[str, ...],
        ProfileKey(
            "list of operations of the partner",
            "Operations that are never called. Without the look-up an unknown effect waits for a "
            "person.",
        ),
    ] = ()


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that differs between one partner's software and another's."""

    addresses: Addresses = Addresses()
    echo: Echo = Echo()
    session: ProfileSession = ProfileSession()
    codes: dict[str, Code] = field(default_factory=dict)
    """Reply code as the partner writes it, without blanks -> what it means."""
    lookup: ProfileLookUp = ProfileLookUp()
    resolution: ProfileResolution = ProfileResolution()
    dates: Dates = Dates()
    callbacks: ProfileCallbacks = ProfileCallbacks()
    encodings: Encodings = Encodings()
    retry_after: RetryAfter = RetryAfter()
    tls: Tls = Tls()
    proxy: Proxy = Proxy()
    files: Files = Files()
    contract: Served = Served()
    unsupported: Unsupported = Unsupported()
