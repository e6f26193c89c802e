"""The province's profile: the shipped file, and how one of the installation is laid over it."""

from functools import cache
from pathlib import Path

from adapters.wire.profile import Profile, Shipped

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
FOREIGN = frozenset({("files", "hub_pulls_with"), ("callbacks", "zone"), ("callbacks", "officer")})
"""Keys that do not concern the province: the hub pulls no files from it, and it never calls."""


load = Shipped(path=SHIPPED, operations=OPERATIONS, foreign=FOREIGN).load
"""Returns the province's profile with the installation's file; see `Shipped.load`."""


@cache
def shipped() -> Profile:
    """Return the shipped profile alone."""
    return load().profile
