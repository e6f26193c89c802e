"""Seals what is archived of a dossier with a key of its own: AES-256-GCM, compressed before.

Whoever deletes the key erases the dossier in every copy of every archive file. The seal also tells
a changed byte, and a piece that was moved to another dossier or to another place in it.
"""

import os
import zlib

NONCE = 12
LEVEL = 3
"""Of zlib: a third of the time of its default for a twentieth more bytes."""


class SealBroken(Exception):
    """Something sealed was changed, stands in a wrong place, or the key is another one."""


def new_key() -> bytes:
    """Return a fresh key."""
    return os.urandom(32)


def seal(key: bytes, plain: bytes, *, number: str, part: int, compress: bool = True) -> bytes:
    """Return `plain`, readable only with the key, as part `part` of the dossier."""
    # Here, because few commands archive and the library takes its time to load.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE)
    packed = zlib.compress(plain, LEVEL) if compress else plain
    return nonce + AESGCM(key).encrypt(nonce, packed, _about(number, part))


def unseal(key: bytes, sealed: bytes, *, number: str, part: int, compress: bool = True) -> bytes:
    """Return what was sealed; raises SealBroken."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        packed = AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], _about(number, part))
        return zlib.decompress(packed) if compress else packed
    except (InvalidTag, zlib.error, ValueError):
        raise SealBroken(f"part {part} of {number} is not what was sealed") from None


def _about(number: str, part: int) -> bytes:
    return f"{number}|{part}".encode()
