"""The town administrative centre as a product: for the demo, the tests and a drill before go-live.

`main` runs it until SIGTERM, also as `hub simulate town`.
"""

from adapters.town_center.simulator.command import main

__all__ = ["main"]
