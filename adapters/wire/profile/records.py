"""The sections of a partner's profile as frozen records, every key with its meaning.

A default here is the cautious reading: it holds where no file says anything. What a key means and
what may stand there are texts (hub/texts/profile_keys.toml): `hub partners show --explain`, a
refusal and docs/partner-profile.md have them from there.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Struct, field

from adapters.wire.profile.kinds import ProfileKey, Section
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

    wsdl: Annotated[str, ProfileKey("addresses_wsdl")] = ""
    soap: Annotated[dict[str, str], ProfileKey("addresses_soap", form="paths")] = field(
        default_factory=dict
    )
    rest: Annotated[dict[str, str], ProfileKey("addresses_rest", form="paths")] = field(
        default_factory=dict
    )


class Echo(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mark of a call that comes back with its reply."""

    header: Annotated[str, ProfileKey("echo_header")] = ""


class ProfileSession(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a login ends, and how the partner says so. Reply codes that say so stand in `codes`."""

    statuses: Annotated[tuple[int, ...], ProfileKey("session_statuses", form="statuses")] = (401,)
    fault_codes: Annotated[tuple[str, ...], ProfileKey("session_fault_codes")] = ()
    words: Annotated[tuple[str, ...], ProfileKey("session_words", form="texts")] = ()
    hints: Annotated[tuple[str, ...], ProfileKey("session_hints", form="texts")] = ()
    page_marks: Annotated[tuple[str, ...], ProfileKey("session_page_marks", form="texts")] = ()
    lifetime: Annotated[timedelta, ProfileKey("session_lifetime", form="duration")] = timedelta(
        minutes=5
    )


class Code(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one reply code means, and when it may be believed."""

    means: Annotated[Means, ProfileKey("codes_means", choices=tuple(Means))]
    words: Annotated[tuple[str, ...], ProfileKey("codes_words", form="texts")] = ()
    never: Annotated[tuple[str, ...], ProfileKey("codes_never", form="texts")] = ()
    except_for: Annotated[tuple[str, ...], ProfileKey("codes_except_for", form="texts")] = ()
    usual: Annotated[tuple[str, ...], ProfileKey("codes_usual", form="texts")] = ()
    statuses: Annotated[tuple[int, ...], ProfileKey("codes_statuses", form="statuses")] = (200,)


class ProfileLookUp(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the partner's look-up of a dossier can prove."""

    lag: Annotated[timedelta, ProfileKey("lookup_lag", form="duration")] = timedelta(seconds=30)
    last_steps: Annotated[int, ProfileKey("lookup_last_steps", form="steps")] = 0
    first_steps: Annotated[int, ProfileKey("lookup_first_steps", form="steps")] = 0
    longest_list: Annotated[int, ProfileKey("lookup_longest_list")] = 0
    omits_empty_lists: Annotated[
        bool, ProfileKey("lookup_omits_empty_lists", choices=("true", "false"))
    ] = False


class ProfileResolution(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How exactly the partner keeps what it was given."""

    time: Annotated[timedelta, ProfileKey("resolution_time")] = timedelta(seconds=1)
    text_length: Annotated[int, ProfileKey("resolution_text_length")] = 0


class Dates(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How times are written in replies."""

    forms: Annotated[tuple[str, ...], ProfileKey("dates_forms")] = ("iso",)
    zone: Annotated[str, ProfileKey("dates_zone")] = "Asia/Ho_Chi_Minh"


class ProfileCallbacks(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the partner's own calls to the hub are read."""

    zone: Annotated[str, ProfileKey("callbacks_zone")] = "UTC"
    officer: Annotated[str, ProfileKey("callbacks_officer")] = ""


class Encodings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How texts are encoded in replies."""

    charset: Annotated[str, ProfileKey("encodings_charset")] = "utf-8"


class Unsupported(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the partner does not have."""

    operations: Annotated[tuple[str, ...], ProfileKey("unsupported_operations")] = ()


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
