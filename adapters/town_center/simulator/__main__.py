"""`python -m adapters.town_center.simulator`."""

import sys

from adapters.town_center.simulator import main

if __name__ == "__main__":
    sys.exit(main())
