"""The town's profile: the shipped file, and how one of the installation is laid over it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from adapters.wire import profile
from adapters.wire.profile import Loaded, Profile

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
        ("lookup", "last_steps"),
        ("encodings", "charset"),
    }
)
"""Keys that do not concern the town: it speaks JSON, which is UTF-8, and shows no steps."""


def load(
    own: Path | None = None,
    *,
    settings: Mapping[tuple[str, ...], tuple[str, object]] | None = None,
    proposal: str = "",
) -> Loaded:
    """Return the town's profile with the installation's file; raises ProfileBroken."""
    return profile.load(
        SHIPPED,
        own,
        operations=OPERATIONS,
        foreign=FOREIGN,
        settings=settings,
        proposal=proposal,
    )


@cache
def shipped() -> Profile:
    """Return the shipped profile alone."""
    return load().profile
