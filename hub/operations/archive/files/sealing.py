"""Seals what is archived of a dossier with a key of its own: AES-256-GCM, compressed before.

Deleting the key erases the dossier in every copy of every archive file. The seal also shows a
changed byte, and a piece that was moved to another dossier or to another place in it.
"""

import os
import zlib
from collections.abc import Iterable, Iterator

NONCE = 12
LEVEL = 3
"""Of zlib: a third of the time of its default for a twentieth more bytes."""
PIECE = 256 * 1024
"""Bytes that are unpacked at once."""


class SealBroken(Exception):
    """Something sealed was changed, stands in a wrong place, or the key is another one."""


def new_key() -> bytes:
    """Return a fresh key."""
    return os.urandom(32)


def seal(key: bytes, plain: bytes, *, number: str, part: int) -> bytes:
    """Return `plain`, readable only with the key, as part `part` of the dossier."""
    # Here, because few commands archive and the library takes its time to load.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, _about(number, part))


def unseal(key: bytes, sealed: bytes, *, number: str, part: int) -> bytes:
    """Return what was sealed; raises SealBroken."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], _about(number, part))
    except (InvalidTag, ValueError):
        raise SealBroken(f"part {part} of {number} is not what was sealed") from None


def pack(pieces: Iterable[bytes]) -> bytes:
    """Return the pieces compressed; only what is compressed is in memory as a whole."""
    packer = zlib.compressobj(LEVEL)
    packed = bytearray()
    for piece in pieces:
        packed += packer.compress(piece)
    return bytes(packed + packer.flush())


def unpack(packed: bytes) -> Iterator[bytes]:
    """Yield what was packed in pieces of at most `PIECE`; raises SealBroken."""
    unpacker = zlib.decompressobj()
    try:
        while packed and not unpacker.eof:
            yield unpacker.decompress(packed, PIECE)
            packed = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise SealBroken("what was sealed cannot be unpacked") from None


def _about(number: str, part: int) -> bytes:
    return f"{number}|{part}".encode()
