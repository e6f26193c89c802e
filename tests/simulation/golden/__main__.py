"""`python -m tests.simulation.golden [--check]`: plays the golden stories and writes their hashes.

With `--check` nothing is written; exit code 1 when a hash differs.
"""

import sys

from tests.simulation.golden import digests
from tests.simulation.jobs import own_process
from tests.simulation.plot import RENEW


def main(words: list[str]) -> int:
    """Check or write; return the exit code."""
    found = digests.present()
    if "--check" not in words:
        digests.write(found)
        return 0
    known = digests.known()
    differ = [name for name in sorted({*found, *known}) if found.get(name) != known.get(name)]
    if differ:
        listed = ", ".join(differ)
        print(f"Seeds tell other stories than {digests.FILE.name} says: {listed}.\n{RENEW}")
    return int(bool(differ))


if __name__ == "__main__":
    own_process.begin()
    sys.exit(main(sys.argv[1:]))
