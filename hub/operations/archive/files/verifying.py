"""Checks every archive file against its manifest, and the manifests against one another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from hub.operations.archive.files import sharing
from hub.operations.archive.files.layout import ENDING, Manifest
from hub.operations.archive.files.reading import ArchiveDamaged, check_manifest
from hub.store.archive import files
from hub.store.archive.files import ArchiveFile
from hub.store.engine.store import Store
from hub.texts import both, text


@dataclass(frozen=True, slots=True)
class ArchiveCheck:
    """What was found in the archive."""

    files: int
    dossiers: int
    bytes: int
    head: str
    """The hash of the newest manifest."""
    problems: tuple[str, ...]
    """One line for each file that is missing, changed, or not known here."""


def verify(
    store: Store, folder: Path, *, progress: Callable[[str], None] = lambda _: None
) -> ArchiveCheck:
    """Read every file; names each that is not what was written."""
    with store.read() as tx:
        known = files.known(tx)
    problems, previous = _elsewhere(store, folder, known), ""
    for file in () if problems else known:
        progress(file.name)
        try:
            _check(folder, file, previous)
        except ArchiveDamaged as error:
            problems.append(str(error))
        previous = file.manifest_hash or ""
    names = {file.name for file in known}
    there = sorted(path.name for path in folder.glob(f"*{ENDING}")) if folder.is_dir() else []
    problems += [text("archive.unknown_file", file=name) for name in there if name not in names]
    return ArchiveCheck(
        files=len(known),
        dossiers=sum(file.dossiers or 0 for file in known),
        bytes=sum(file.size or 0 for file in known),
        head=previous,
        problems=tuple(problems),
    )


def _elsewhere(store: Store, folder: Path, known: Sequence[ArchiveFile]) -> list[str]:
    """Say in a line that the folder has none of the files, where it has none."""
    if any((folder / file.name).exists() for file in known):
        return []
    try:
        sharing.check(store, folder)
    except sharing.NotShared as error:
        return [str(error)]
    return []


def _check(folder: Path, file: ArchiveFile, previous: str) -> None:
    manifest = check_file(folder, file)
    if not manifest.previous == file.previous_hash == previous:
        raise ArchiveDamaged(both("archive.does_not_follow", file=file.name))


def check_file(folder: Path, file: ArchiveFile) -> Manifest:
    """Return the manifest of a file; raises ArchiveDamaged when either is not what was written."""
    place = folder / file.name
    manifest = check_manifest(place, file.manifest_hash)
    try:
        with place.open("rb") as opened:
            found = file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        raise ArchiveDamaged(both("archive.missing", file=file.name)) from None
    if not found == file.sha256 == manifest.sha256:
        raise ArchiveDamaged(both("archive.changed", file=file.name))
    return manifest
