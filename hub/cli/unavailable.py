"""What a command stands on and does not find, as a sentence: what, where, what to do.

Vietnamese first, English beside it, and for operators the technical cause without personal data. A
fault of our own is none of these: it is not explained, so its traceback is seen.
"""

import errno
import os
from dataclasses import dataclass

from hub.cli.context import say_both
from hub.ports import BrokerUnavailable
from hub.rules.failures.error_summary import describe_error
from hub.settings import SettingsError, load
from hub.store.engine.store import StoreUnavailable, is_away, is_damaged, is_forbidden, is_full
from hub.store.schema import revision

WRONG, AWAY = 2, 3
"""Exit codes: settings or schema are wrong; something that the hub stands on is away."""
_DRILL = "hub.drill"
"""What only demo and tests need; it is not in the wheel."""
_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_RIGHTS = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command ends, in two languages, with its exit code."""

    code: int
    vi: str
    en: str
    cause: str = ""

    def show(self) -> None:
        """Print it."""
        say_both(self.vi, self.en, cause=self.cause)


def explain(error: BaseException) -> Refusal | None:
    """Return what to say of an exception, None where it is a fault of our own."""
    if isinstance(error, revision.SchemaMismatch):
        return Refusal(WRONG, *error.text)
    if isinstance(error, SettingsError):
        vi, en = "Không dùng được thiết lập:", "The settings cannot be used:"
        return Refusal(WRONG, vi, en, str(error))
    if isinstance(error, StoreUnavailable):
        return _database(error)
    if isinstance(error, BrokerUnavailable):
        return Refusal(
            AWAY,
            "Không kết nối được RabbitMQ: kiểm tra RabbitMQ đang chạy, HUB_BROKER_URL và"
            " HUB_BROKER_MANAGEMENT_URL.",
            "The broker cannot be reached: check that RabbitMQ runs, HUB_BROKER_URL and"
            " HUB_BROKER_MANAGEMENT_URL.",
            str(error),
        )
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith(_DRILL):
        return Refusal(
            WRONG,
            "Lệnh này cần cây mã nguồn, bản cài đặt này không có: lấy kho mã về và chạy ở đó.",
            "This command needs the source tree, which this installation lacks: get the repository"
            " and run the command there.",
        )
    return None


def _database(error: StoreUnavailable) -> Refusal | None:
    place = _place()
    if is_full(error):
        return Refusal(AWAY, *_full(place), describe_error(error))
    if is_damaged(error):
        return Refusal(
            AWAY,
            f"Tệp cơ sở dữ liệu {place} bị hỏng: dừng hub, giữ lại tệp, khôi phục từ bản sao lưu"
            " (docs/runbook/operate.md).",
            f"The database {place} is damaged: stop the hub, keep the file, restore the backup"
            " (docs/runbook/operate.md).",
            describe_error(error),
        )
    if not (is_away(error) or is_forbidden(error)):
        return None
    return Refusal(
        AWAY,
        f"Cơ sở dữ liệu {place} đang bận hoặc không trả lời: kiểm tra máy chủ cơ sở dữ liệu, quyền"
        " với tệp và HUB_DATABASE_URL, rồi hãy thử lại; việc đã xong không làm hai lần.",
        f"The database {place} is busy or away: check its server, the rights to its file and"
        " HUB_DATABASE_URL, then try again; what was done is not done twice.",
        describe_error(error),
    )


def _system(error: OSError) -> Refusal | None:
    place = str(error.filename or "")
    if error.errno in _ROOM:
        return Refusal(AWAY, *_full(place), describe_error(error))
    if error.errno in _RIGHTS:
        who = f"uid {os.geteuid()}"
        return Refusal(
            AWAY,
            f"Không có quyền với {place} ({who}): chạy lệnh bằng người dùng của hub (ví dụ"
            " `sudo -u hub hub ...`) hoặc sửa HUB_DATA_DIR.",
            f"No permission for {place} ({who}): run the command as the hub's user (for example"
            " `sudo -u hub hub ...`), or correct HUB_DATA_DIR.",
            describe_error(error),
        )
    if place:
        return Refusal(
            AWAY,
            f"Không dùng được {place}: kiểm tra đường dẫn và HUB_DATA_DIR.",
            f"{place} cannot be used: check the path and HUB_DATA_DIR.",
            describe_error(error),
        )
    return None


def _full(place: str) -> tuple[str, str]:
    return (
        f"Đĩa chứa {place} đã đầy: giải phóng dung lượng rồi hãy thử lại; không có gì bị mất.",
        f"The disk of {place} is full: free space, then try again; nothing is lost.",
    )


def _place() -> str:
    """Return where the database of the settings is, without its password."""
    try:
        return revision.place_of(load(os.environ).database)
    except SettingsError:
        return ""
