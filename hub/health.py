"""The former place of `hub.runtime.health`: health checks of release 0.2 still call it.

Gone in 0.4.
"""

import os
import sys

from hub.runtime.health import main
from hub.texts import language_of, text, use_language

if __name__ == "__main__":
    use_language(language_of(os.environ))
    names = {"old": "hub.health", "new": "hub.runtime.health"}
    sys.stderr.write(f"{text('settings_problems.former_works', **names)}\n")
    main()
