"""Which request targets are refused before routing: those that two programs could read differently.

No path of the hub needs an encoded slash, a dot segment, a control character or broken UTF-8. A
proxy in front and the routes behind could take such a path for two different ones.
"""

import re
from urllib.parse import unquote_to_bytes

_PLAIN = re.compile(rb"[!-~]*")
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_HIDDEN = re.compile(rb"%(?:2[eEfF]|5[cC]|25)")
"""An encoded dot, slash, backslash or percent sign."""


def is_ambiguous(target: bytes) -> bool:
    """Return whether the path of a request target could be read in two ways."""
    path = target.partition(b"?")[0]
    if not _PLAIN.fullmatch(target) or _BROKEN_PERCENT.search(target):
        return True
    if b"\\" in path or _HIDDEN.search(path):
        return True
    if any(segment in (b".", b"..") for segment in path.split(b"/")):
        return True
    decoded = unquote_to_bytes(path)
    if any(byte < 0x20 or byte == 0x7F for byte in decoded):
        return True
    try:
        decoded.decode()
    except UnicodeDecodeError:
        return True
    return False
