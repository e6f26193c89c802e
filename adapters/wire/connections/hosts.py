"""The connections to all hosts of one partner: login, service and files may be at several."""

import threading

from adapters.wire.connections import Dialer
from adapters.wire.connections.addresses import split
from adapters.wire.http import Limits, Wire
from adapters.wire.profile import Profile
from hub.ports import DriftObserver, ignore_drift


class HostConnections:
    """Gives the connections to an address; threads share it.

    Raises ValueError for a proxy that cannot be used, OSError for a file of the profile.
    """

    def __init__(
        self,
        url: str,
        profile: Profile,
        limits: Limits,
        *,
        partner: str = "",
        observe: DriftObserver = ignore_drift,
    ) -> None:
        """`partner` is the destination's name; `observe` gets the drift of its replies."""
        self._profile = profile
        self._limits = limits
        self._partner, self._observe = partner, observe
        self._lock = threading.Lock()
        self._dialers: dict[str, Dialer] = {}
        self._wires: dict[str, Wire] = {}
        self.dialer(split(url)[0])  # what cannot be used shows at the start

    def to(self, address: str) -> tuple[Wire, str]:
        """Return the connections to an address, and the target of a request to it."""
        origin, target = split(address)
        found = self._wires.get(origin)
        if found is None:
            dialer = self.dialer(origin)
            with self._lock:
                made = Wire(
                    origin,
                    limits=self._limits,
                    dialer=dialer,
                    partner=self._partner,
                    observe=self._observe,
                )
                found = self._wires.setdefault(origin, made)
        return found, target

    def dialer(self, origin: str) -> Dialer:
        """Return what opens connections to a host."""
        with self._lock:
            if origin not in self._dialers:
                timeout = self._limits.connect_timeout
                self._dialers[origin] = Dialer.of(origin, self._profile, timeout=timeout)
            return self._dialers[origin]

    def close(self) -> None:
        """Close the idle connections of all."""
        for wire in self._wires.values():
            wire.close()
