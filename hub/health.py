"""The former place of `hub.runtime.health`: health checks of the last release still call it.

Goes with the next release.
"""

import sys

from hub.runtime.health import main

if __name__ == "__main__":
    sys.stderr.write("hub.health is hub.runtime.health now; this name works in this release only\n")
    main()
