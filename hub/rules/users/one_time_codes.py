"""One-time codes of a person's device (TOTP, RFC 6238), and the codes that stand in for it. Pure.

The secret of a device is derived from the hub's key file and a salt, so that a stolen database
makes no codes. A code works in its 30 seconds and in those before and after them, once: the caller
keeps the step of the last one, and only a later step counts.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime

STEP_SECONDS = 30
RECOVERY_CODES = 10
ISSUER = "One-stop hub"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def fresh_salt() -> str:
    """Return a new random salt."""
    return secrets.token_hex(16)


def secret_of(name: str, salt: str, *, key: bytes) -> str:
    """Return the secret of a person's device in base 32, as the device is told."""
    made = hmac.digest(key, f"hub one-time codes {name} {salt}".encode(), "sha256")
    return base64.b32encode(made[:20]).decode()


def address_of(name: str, secret: str) -> str:
    """Return the `otpauth:` address that a device reads from a QR code."""
    import pyotp  # only what knows codes pays for it

    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """Return the step that a code is of, None for a wrong one and for steps up to `after`."""
    import pyotp

    typed = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    current, totp = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    matching = [
        step
        for step in (current - 1, current, current + 1)
        if hmac.compare_digest(totp.generate_otp(step), typed)
    ]
    return next((step for step in matching if step > after), None)


def fresh_recovery_codes() -> Sequence[str]:
    """Return new codes that stand in for the device, each of 74 bits, three groups of five."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))
        for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(name: str, code: str) -> str:
    """Return what is kept of a recovery code, however it was typed."""
    plain = re.sub(r"[^a-z0-9]", "", code.lower())
    return hashlib.sha256(f"{name}\0{plain}".encode()).hexdigest()
