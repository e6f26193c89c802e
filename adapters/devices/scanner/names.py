"""What the name of a file in the hot folder says: a scan, somebody's working file, or neither.

A file that another program is still writing often stands there under a working name; moving that
name away would break the program's own rename, and the paper would never arrive. Pure.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath

MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
_NAME = re.compile(
    r"^(?P<number>[0-9A-Z.]+-[0-9]{6,8}-[0-9]{4,7})__(?P<component>[\w.-]{1,60})(?P<ending>\.\w+)$"
)
_ENDINGS = "|".join(re.escape(ending) for ending in MEDIA_TYPES)
_WORKING = re.compile(
    rf"""
    ^ [.~]                                             # hidden, ~$ of an office program
    | ~ $                                              # a copy of an editor
    | \.(?: \w*part(?:ial)? | \w*te?mp | \w*download | upload(?:ing)? | in-?progress
        | writing | incomplete | lock | lck | swp | swx | bak | !\w+ | \d+ ) $
    | (?: {_ENDINGS} ) [._~-] [^.]+ $                  # an upload: x.pdf.filepart, x.pdf_new
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OF_THE_SYSTEM = re.compile(
    r"""
    ^(?: (?:eh)?thumbs\.db (?: :.* )? | desktop\.ini | icon\r | folder\.htt | \.ds_store | \._.*
    | lost\+found | \$recycle\.bin | system\ volume\ information | \.trash (?: es | -\d+ )?
    | \.fseventsd | \.spotlight-v100 | \.temporaryitems                # folders of macOS
    | @eadir | \#recycle | \#snapshot | @recycle | @recently-snapshot    # and of file servers
    | [.~]snapshots? | \.zfs
    )$
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class ScanName:
    """A scan's name, read."""

    number: str
    """"" where the name does not tell it: then the pages do."""
    component: str
    media_type: str


def is_of_the_system(name: str) -> bool:
    """Tell whether an operating system or a file server makes this file or folder by itself."""
    return _OF_THE_SYSTEM.match(name) is not None


def is_left_alone(name: str) -> bool:
    """Tell whether a file of this name belongs to another program, or is not finished yet."""
    return is_of_the_system(name) or _WORKING.search(name) is not None


def read_name(name: str) -> ScanName | None:
    """Return what the name of a scan says, None when it is not the name of a scan."""
    named = _NAME.match(name)
    media_type = MEDIA_TYPES.get(named["ending"].lower()) if named else None
    if named is None or media_type is None:
        return None
    return ScanName(named["number"], named["component"], media_type)


def read_stack(name: str) -> ScanName | None:
    """Return a file of pages that its name does not tell of, None when it is no such file."""
    media_type = MEDIA_TYPES.get(PurePath(name).suffix.lower())
    return ScanName("", "", media_type) if media_type else None
