"""The names of files in the hot folder: scans, other programs' working files, and the rest."""

import pytest

from adapters.devices.scanner.names import ScanName, is_left_alone, read_name

NUMBER = "000.99.01.H57-180806-0001"
SCAN = f"{NUMBER}__TP-01"


@pytest.mark.parametrize(
    "name",
    [
        f"{SCAN}.pdf.filepart",
        f"{SCAN}.pdf.tmp",
        f"{SCAN}.pdf.crdownload",
        f"{SCAN}.PDF.part",
        f"{SCAN}.pdf_new",
        f"{SCAN}.pdf~",
        f"{SCAN}.tif.1",
        f"{SCAN}.tmp",
        f"{SCAN}.partial",
        f"~${SCAN}.pdf",
        f".~lock.{SCAN}.pdf#",
        f"._{SCAN}.pdf",
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "scan.0001",
    ],
)
def test_working_files_of_other_programs_are_left_alone(name: str) -> None:
    """Moving them away would break the rename of the program that writes them."""
    assert is_left_alone(name)


@pytest.mark.parametrize(
    "name", [f"{SCAN}.pdf", f"{SCAN}.JPG", f"{NUMBER}__part.tiff", "holiday.pdf", "notes.docx"]
)
def test_finished_files_are_not_left_alone(name: str) -> None:
    """A scan is taken, and a file that is none is refused where the officer sees it."""
    assert not is_left_alone(name)


def test_a_scans_name_says_dossier_component_and_media_type() -> None:
    """The ending may be in capitals, the component may hold dots."""
    assert read_name(f"{NUMBER}__TP.01-a.TIF") == ScanName(NUMBER, "TP.01-a", "image/tiff")
    for name in (f"{SCAN}.exe", "holiday.pdf", f"{NUMBER}.pdf", f"{NUMBER}__TP\n.pdf"):
        assert read_name(name) is None
