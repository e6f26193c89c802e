"""The town's profile: the shipped file, and how one of the installation is laid over it."""

from functools import cache
from pathlib import Path

from adapters.wire.profile import Profile, Shipped

SHIPPED = Path(__file__).parent / "data" / "profile.toml"
OPERATIONS = frozenset(
    {
        "token",
        "TiepNhanHoSo",
        "TraCuuHoSo",
        "CapNhatTrangThaiBoSungHoSo",
        "CapNhatKetQuaTraHoSo",
        "ping",
    }
)
"""The town's names of what can be called."""
FOREIGN = frozenset(
    {
        ("addresses", "wsdl"),
        ("addresses", "soap"),
        ("session", "fault_codes"),
        ("session", "words"),
        ("session", "hints"),
        ("lookup", "last_steps"),
        ("lookup", "first_steps"),
        ("lookup", "longest_list"),
        ("encodings", "charset"),
        ("contract", "wsdl"),
    }
)
"""Keys that do not concern the town: it speaks JSON over REST, in UTF-8, and shows no steps."""


load = Shipped(path=SHIPPED, operations=OPERATIONS, foreign=FOREIGN).load
"""Returns the town's profile with the installation's file; see `Shipped.load`."""


@cache
def shipped() -> Profile:
    """Return the shipped profile alone."""
    return load().profile
