"""How a connection to a partner is made: where, through which proxy, over which TLS."""

from adapters.wire.connections.dialer import Dialer
from adapters.wire.connections.proxy import check_proxy

__all__ = ["Dialer", "check_proxy"]
