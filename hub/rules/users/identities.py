"""What a provider of identities (OpenID Connect) proves of a person, and why it proves nothing.

Each refusal has a code, with two sentences in `hub/texts/identity_refusals.toml` and a heading in
the runbook. Pure.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from hub.texts import Text, both


class IdentityRefusal(StrEnum):
    """Why a sign-in by the provider opened nothing."""

    PROVIDER_AWAY = "provider_away"
    PROVIDER_ANSWER = "provider_answer"
    PROVIDER_REFUSED = "provider_refused"
    STATE = "state"
    STATE_USED = "state_used"
    TOKEN_SIGNATURE = "token_signature"  # noqa: S105 - a code
    TOKEN_ISSUER = "token_issuer"  # noqa: S105
    TOKEN_AUDIENCE = "token_audience"  # noqa: S105
    TOKEN_TIME = "token_time"  # noqa: S105
    TOKEN_NONCE = "token_nonce"  # noqa: S105
    TOKEN_CLAIMS = "token_claims"  # noqa: S105
    IDENTITY_UNKNOWN = "identity_unknown"
    ACCOUNT_CLOSED = "account_closed"
    BUSY = "busy"

    @property
    def text(self) -> Text:
        """What happened, in a sentence."""
        return both(f"identity_refusals.{self.value}")

    @property
    def to_do(self) -> Text:
        """What the person, or the one who manages the hub, does about it."""
        return both(f"identity_refusals.{self.value}_to_do")


class IdentityRefused(Exception):
    """The provider's word opens nothing."""

    def __init__(self, refusal: IdentityRefusal, detail: str = "", *, subject: str = "") -> None:
        """`detail`: for operators, no personal data; `subject`: what was proven of the person."""
        super().__init__(f"{refusal}: {detail}" if detail else refusal.value)
        self.refusal = refusal
        self.detail = detail
        self.subject = subject


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenIdentity:
    """A person as the provider has proven her."""

    issuer: str
    subject: str = field(repr=False)
    second_factor: bool = False
    """Whether the provider asked for a second factor that the hub accepts for its own code."""
    id_token: str = field(default="", repr=False)
    """What proved it, as the provider signed it: by it the person can sign out there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedProvider:
    """What a provider shows of itself to the hub's doctor."""

    redirect_uri: str
    """What has to be registered there."""
    keys: int
    """How many of its keys can sign."""
    clock_ahead: timedelta | None
    """None where it does not tell the time."""
    signed_out_uri: str
    """The second address that has to be registered there, "" where none is wanted."""
    signs_out: bool
    """Whether it can be asked to sign a person out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What a browser keeps of a sign-in that it began at the provider; each is random."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    """Of PKCE (RFC 7636)."""
