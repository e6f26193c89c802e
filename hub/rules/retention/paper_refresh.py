"""When the province is told again which files a dossier has. Pure.

Each telling lists all files. Told with every page, the lists of a dossier would grow with the
square of its pages; told when their number has grown by a share, they grow with the pages.
"""

from datetime import timedelta

EVERY_PAGE_UP_TO = 16
"""Files up to which each page is told at once: nearly every dossier."""
SHARE = 16
"""Beyond, the files are told when their number has grown by this part of what was told."""
NO_PAGE_FOR = timedelta(seconds=30)
"""How long after the last page the files are told whatever their number: the scanner has ended."""


def refresh_at_once(files: int, reported: int) -> bool:
    """Return whether the province hears of `files` files now; it heard of `reported` before."""
    return files <= EVERY_PAGE_UP_TO or (files - reported) * SHARE >= reported
