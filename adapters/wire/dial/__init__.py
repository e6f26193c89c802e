"""How a connection to a partner is made: where, through which proxy, over which TLS."""

from adapters.wire.dial.dialer import Dialer
from adapters.wire.dial.proxy import check_proxy

__all__ = ["Dialer", "check_proxy"]
