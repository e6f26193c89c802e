"""What a database does to a value between the writing and the reading of it.

Each change keeps what a person reads, within the column's width and the clock's step.
"""

import re
import unicodedata
from datetime import datetime

from adapters.simulation.dialects.habit import Habit
from adapters.simulation.partner import LookUp

PROSE = frozenset(
    {
        "NguoiXuLy",
        "ChucDanh",
        "PhongBanXuLy",
        "NoiDungXuLy",
        "TenTTHC",
        "TenLinhVuc",
        "ChuHoSo",
        "ThongTinKhac",
        "TrichYeuHoSo",
        "DonViXuLy",
        "GhiChu",
        "TenTepDinhKem",
        "TenGiayTo",
        "name",
    }
)
"""Names of fields that hold words for people; codes, numbers, times and addresses are not here."""
CODES = frozenset(
    {
        "MaHoSo",
        "SoBienNhan",
        "MaTTHC",
        "MATTHC",
        "TrangThai",
        "TrangThaiHoSo",
        "KenhThucHien",
        "LoaiDoiTuong",
        "maThongDiep",
    }
)
HASH = "MaBamTepTin"
WIDTH = 40
"""Of a CHAR column that is wide enough for most names and too narrow for some."""
_STAMP = re.compile(r"[0-9]{14}")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})")


def _decomposed(name: str, text: str) -> str:
    return unicodedata.normalize("NFD", text) if name in PROSE | {"message"} else text


def _one_blank(name: str, text: str) -> str:
    return re.sub(" +", " ", text) if name in PROSE else text


def _capitals(name: str, text: str) -> str:
    return text.upper() if name in PROSE else text


def _char_column(name: str, text: str) -> str:
    """Cut and padded to the width of the column, as CHAR(n) gives it back."""
    if name in PROSE or name == HASH:
        return text[:WIDTH].ljust(WIDTH)
    return text.ljust(len(text) + 2) if name in CODES and text else text


def _minutes(name: str, text: str) -> str:  # noqa: ARG001 - one shape of change
    """Times without their seconds (smalldatetime)."""
    if _STAMP.fullmatch(text):
        return text[:12] + "00"
    if _ISO.fullmatch(text):
        moment = datetime.fromisoformat(text).replace(second=0, microsecond=0)
        return moment.isoformat()
    return text


def _whole_seconds(name: str, text: str) -> str:  # noqa: ARG001
    if not _ISO.fullmatch(text):
        return text
    return datetime.fromisoformat(text).replace(microsecond=0).isoformat()


DECOMPOSED = Habit(
    name="nfd", about="names in decomposed Unicode (macOS, some drivers)", value=_decomposed
)
ONE_BLANK = Habit(name="one_blank", about="two blanks folded into one", value=_one_blank)
CAPITALS = Habit(name="capitals", about="names in capitals (old registers)", value=_capitals)
CHAR_COLUMN = Habit(
    name="char_column", about="CHAR columns: cut, and padded with blanks", value=_char_column
)
MINUTES = Habit(name="minutes", about="times without seconds (smalldatetime)", value=_minutes)
WHOLE_SECONDS = Habit(
    name="whole_seconds", about="fractions of a second are cut", value=_whole_seconds
)
LATE_REPLICA = Habit(
    name="late_replica",
    about="look-ups read a copy of the database that is some seconds behind",
    look_up=LookUp(behind=2.0),
)
LAST_STEPS = Habit(
    name="last_steps", about="a look-up shows the newest 10 steps only", look_up=LookUp(steps=10)
)

HABITS = (
    DECOMPOSED,
    ONE_BLANK,
    CAPITALS,
    CHAR_COLUMN,
    MINUTES,
    WHOLE_SECONDS,
    LATE_REPLICA,
    LAST_STEPS,
)
