"""The province's profile: the shipped file, and how one of the installation is laid over it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from adapters.wire import profile
from adapters.wire.profile import Loaded, Profile

SHIPPED = Path(__file__).parent / "data" / "profile.toml"
OPERATIONS = frozenset(
    {
        "DangNhap",
        "TraCuuHoSo",
        "DongBoHoSoMC",
        "CapNhatTienDoHoSoMC",
        "LayThuTuc",
    }
)
"""The province's names of what can be called."""
FOREIGN = frozenset({("files", "hub_pulls_with")})
"""Keys that do not concern the province: the hub pulls no files from it."""


def load(
    own: Path | None = None,
    *,
    settings: Mapping[tuple[str, ...], tuple[str, object]] | None = None,
    proposal: str = "",
) -> Loaded:
    """Return the province's profile with the installation's file; raises ProfileBroken."""
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
