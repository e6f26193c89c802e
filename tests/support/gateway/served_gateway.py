"""The gateway over an empty ward as a process of its own: `python -m ... DIRECTORY LIMIT`.

Writes one line of JSON, {"url": ..., "key": ...}, to standard error, where no log line comes in
between, and works until its input ends.
"""

import json
import sys
from pathlib import Path

from tests.support.files.checked_files import check_contents
from tests.support.gateway.partner_gateway import open_partner_gateway


def main() -> None:
    """Serve with checked files of up to LIMIT bytes."""
    with open_partner_gateway(Path(sys.argv[1])) as gateway:
        gateway.ward.files.limit = int(sys.argv[2])
        check_contents(gateway.ward)
        sys.stderr.write(json.dumps({"url": gateway.url, "key": gateway.key}) + "\n")
        sys.stderr.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
