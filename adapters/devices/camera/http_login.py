"""The login by HTTP digest (RFC 7616) that a camera wants before it gives a picture. Pure.

Basic would show the password to the network, so it is answered over TLS only.
"""

import base64
import hashlib
import re
import secrets
from typing import Final

_HASHES: Final = {"MD5": "md5", "SHA-256": "sha256"}
_PART: Final = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
_MOST: Final = 2_000


def authorization(
    challenge: str, *, target: str, user: str, password: str, over_tls: bool, nonce: str = ""
) -> str:
    """Return the header Authorization of a GET for a header WWW-Authenticate, "" for one that is
    not answered. `nonce` is the client's own, a new one by default."""
    scheme, _, rest = challenge[:_MOST].strip().partition(" ")
    if scheme.lower() == "basic" and over_tls:
        return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    parts = {key.lower(): quoted or plain for key, quoted, plain in _PART.findall(rest)}
    algorithm = parts.get("algorithm", "MD5").upper()
    offered = [it.strip() for it in parts.get("qop", "").split(",")]
    usable = scheme.lower() == "digest" and algorithm in _HASHES and parts.get("nonce")
    if not usable or (offered != [""] and "auth" not in offered) or '"' in user:
        return ""

    def digest(text: str) -> str:
        return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()

    realm, given = parts.get("realm", ""), parts["nonce"]
    secret, hashed = digest(f"{user}:{realm}:{password}"), digest(f"GET:{target}")
    fields = {"username": user, "realm": realm, "nonce": given, "uri": target}
    own = nonce or secrets.token_hex(8)
    if offered == [""]:  # RFC 2069, as old cameras do
        fields["response"] = digest(f"{secret}:{given}:{hashed}")
        tail = ""
    else:
        fields["cnonce"] = own
        fields["response"] = digest(f"{secret}:{given}:00000001:{own}:auth:{hashed}")
        tail = ", qop=auth, nc=00000001"
    if "opaque" in parts:
        fields["opaque"] = parts["opaque"]
    shown = ", ".join(f'{key}="{value}"' for key, value in fields.items())
    return f"Digest {shown}, algorithm={algorithm}{tail}"
