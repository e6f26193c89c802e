"""Notes for the officer: a text in `loi` that says what is wrong with a scan and what to do."""

import os
from pathlib import Path

LONGEST_NAME = 240
"""Bytes of a file's name that the note's name begins with; file systems take 255."""

NAME_WRONG = (
    "đặt lại tên tệp theo mẫu <mã hồ sơ>__<mã thành phần>.pdf rồi chép lại vào thư mục quét."
)
TOO_LARGE = "quét lại với độ phân giải thấp hơn hoặc tách thành nhiều tệp rồi quét lại từng tệp."
DOSSIER_ENDED = "không đổi tên tệp; báo cán bộ công nghệ thông tin của phường để xử lý hồ sơ này."
ASK_IT = "giữ tệp này và báo cán bộ công nghệ thông tin của phường."
WHAT_TO_DO = {
    "number_malformed": NAME_WRONG,
    "payload_invalid": NAME_WRONG,
    "file_too_large": TOO_LARGE,
    "dossier_archived": DOSSIER_ENDED,
    "dossier_erased": DOSSIER_ENDED,
}
"""By the code of the refusal; `ASK_IT` for every other one."""
UNFINISHED = (
    "chờ máy quét ghi xong; nếu máy đã dừng thì xóa tệp này trong thư mục quét và quét lại giấy tờ."
)


def note_for(place: Path) -> Path:
    """Return where the note for a file at `place` stands."""
    # A name may be bytes that are no text, and so long that nothing can be put behind it.
    return place.with_name(os.fsdecode(os.fsencode(place.name)[:LONGEST_NAME]) + ".txt")


def write_note(place: Path, *, name: str, why: str, what_to_do: str, headline: str) -> None:
    """Write the note for the file that is, or would be, at `place`."""
    shown = name.encode("utf-8", "replace").decode()
    note_for(place).write_text(
        f"{headline} {shown}.\nLý do: {why}.\nCách xử lý: {what_to_do}\n", encoding="utf-8"
    )


def remove_note(place: Path) -> None:
    """Remove the note again, where there is one: the file was taken after all."""
    note_for(place).unlink(missing_ok=True)
