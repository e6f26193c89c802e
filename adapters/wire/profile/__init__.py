"""A partner's profile: what differs between one partner's software and another's, as data.

The shipped profile stands beside its adapter (`adapters/*/data/profile.toml`); a file of the
installation (`HUB_PROVINCE_PROFILE`, `HUB_TOWN_PROFILE`) extends or replaces it. `load` gives one
checked record; nothing here calls a partner, and no adapter reads a profile file by itself.
"""

from adapters.wire.profile.load import Loaded, ProfileBroken, Shipped, load
from adapters.wire.profile.problem import ProfileSource
from adapters.wire.profile.records import (
    Addresses,
    Code,
    Dates,
    Echo,
    Encodings,
    Means,
    Profile,
    ProfileLookUp,
    ProfileResolution,
    ProfileSession,
    Unsupported,
)
from adapters.wire.profile.transport import Files, Proxy, RetryAfter, Served, Tls

__all__ = [
    "Addresses",
    "Code",
    "Dates",
    "Echo",
    "Encodings",
    "Files",
    "Loaded",
    "Means",
    "Profile",
    "ProfileBroken",
    "ProfileLookUp",
    "ProfileResolution",
    "ProfileSession",
    "ProfileSource",
    "Proxy",
    "RetryAfter",
    "Served",
    "Shipped",
    "Tls",
    "Unsupported",
    "load",
]
