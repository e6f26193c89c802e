"""The load generators: where they are, or what to install."""

import shutil

_PACKAGES = {"wrk": "wrk", "h2load": "nghttp2-client"}


class MissingProgram(Exception):
    """A load generator is not installed; the text says what to do."""


def check() -> None:
    """Raise MissingProgram where one is missing."""
    missing = [name for name in _PACKAGES if shutil.which(name) is None]
    if missing:
        packages = " ".join(_PACKAGES[name] for name in missing)
        raise MissingProgram(
            f"script/bench gateway needs {' and '.join(missing)}. On Debian: apt-get install "
            f"{packages}; as root, script/setup bench does it."
        )


def program(name: str) -> str:
    """Return the path of a load generator; raises MissingProgram."""
    check()
    found = shutil.which(name)
    assert found is not None
    return found
