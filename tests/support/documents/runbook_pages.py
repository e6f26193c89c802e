"""The pages of the runbook that are written from the code: fault codes, log, doctor, settings.

`script/docs` writes them; `tests/unit/repository/test_runbook_pages.py` fails where one is not
fresh. Texts come from `hub/texts`, owners from `hub/rules/failures/fault_codes.py`, names and
defaults from the code.
"""

import importlib
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from hub.cli.commands import COMMANDS
from hub.cli.output.listing import Listing
from hub.cli.output.words import owner_text
from hub.messages.catalog import CATALOG
from hub.operations.alerts.words import duration, value_of
from hub.rules.alerts.reading import packaged
from hub.rules.alerts.signals import SIGNALS
from hub.rules.failures import fault_catalog
from hub.rules.failures.errors import FAULTS
from hub.settings import Settings
from hub.texts import both
from tests.support.documents import asyncapi

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs/runbook"
_TEXTS = ROOT / "hub/texts"
_GENERATED = "<!-- script/docs writes this page; do not edit it -->\n"


def texts(name: str) -> list[dict[str, Any]]:
    """Return the entries of one catalogue of `hub/texts`."""
    data = tomllib.loads((_TEXTS / f"{name}.toml").read_text(encoding="utf-8"))
    (entries,) = data.values()
    return list(entries)


def _page(title: str, vi: str, en: str, body: list[str]) -> str:
    return "\n".join([f"# {title}\n\n{_GENERATED}\n{vi}\n\n*{en}*\n", *body]).rstrip() + "\n"


def _class_of(code: str) -> str:
    """Return a fault's class, with the HTTP status of an answer that says it."""
    fault = FAULTS[code]
    return f"`{fault.fault_class}`" + (f", HTTP {fault.status}" if fault.status else "")


def fault_codes() -> str:
    """Return the page of the fault codes: class, who fixes it, what to do."""
    body = []
    for entry in fault_catalog.load({}):
        who = ", ".join(f"{owner_text(each).vi} ({each})" for each in entry.who)
        body += [
            f"## {entry.code}\n",
            f"{entry.cause['vi']} *{entry.cause['en']}* ({_class_of(entry.code)}; {who})\n",
            f"- VI: {entry.to_do['vi']}\n- EN: {entry.to_do['en']}\n",
        ]
    return _page(
        "Mã lỗi · Fault codes",
        "Sau câu mà cán bộ thấy là loại lỗi và người xử lý. `invalid`: bị từ chối hoặc bị gác. "
        "`transient`, `deferred`:\ntrung tâm tự gửi lại. `ambiguous`: trung tâm tự hỏi đối tác. "
        "`permanent`: lượt gửi `dead`, chờ bạn.\n"
        "`refused`: cổng từ chối bên gọi. Xem "
        "[lượt gửi và thông điệp](deliveries.md).",
        "After the sentence that officers see stand the class and the owner of the fix. `invalid`: "
        "refused or parked.\n`transient`, `deferred`: the hub tries again. `ambiguous`: the hub "
        "queries the partner. `permanent`: the delivery is\n"
        "`dead` and waits for you. `refused`: the gateway turned a caller away.",
        body,
    )


def log_events() -> str:
    """Return the page of the log events."""
    rows = [f"| `{it['name']}` | {it['vi']}<br>*{it['en']}* |" for it in texts("log_events")]
    return _page(
        "Nhật ký · Log events",
        "Mỗi dòng là một đối tượng JSON ở standard error. Dòng nhật ký chỉ có tên, số và mã; không "
        "có nội dung, không có\ndữ liệu cá nhân. Lỗi (`error`) ghi bằng lớp và mã, ví dụ "
        "`OperationalError 57P01 at hub/store/engine/store.py:75`. Của bản chạy thử: `var/demo/hub.log`.",  # noqa: E501
        "Each line is a JSON object on standard error (readable text on a terminal). Fields are "
        "names, numbers and codes; never\na payload, never personal data. A fault (`error`) is "
        "classes and codes of exceptions and lines of our code. The words of\na database are left "
        "out, because they quote rows.",
        ["| Sự kiện · Event | Nghĩa · Means |", "| --- | --- |", *rows],
    )


def doctor() -> str:
    """Return the page of the doctor's lines."""
    body = []
    for it in texts("doctor"):
        body += [f"## {' · '.join(it['subjects'])}\n", f"- VI: {it['vi']}\n- EN: {it['en']}\n"]
    return _page(
        "Các dòng của hub doctor · The lines of hub doctor",
        "`hub doctor`, mỗi lần khởi động và mỗi giờ kiểm tra cùng những điều này. ✗: trung tâm "
        "không khởi động, vì sẽ mất\nthông điệp hoặc không gì chạy. !: cảnh báo. Dấu `*` thay cho "
        "một tên.",
        "`hub doctor`, every start and every hour check the same things. ✗ keeps the hub from "
        "starting, because messages\nwould be lost or nothing would move. ! is a warning. A "
        "process without broker roles is only warned about the broker.",
        body,
    )


def settings() -> str:
    """Return the page of the settings."""
    said = {it["name"]: it for it in texts("settings")}
    rows = []
    for field in msgspec.structs.fields(Settings):
        default: Any = field.default
        shown = f"`{default}`" if str(default) else "–"
        text = said[field.name]
        name = f"HUB_{field.name.upper()}"
        rows.append(f"| `{name}` | {shown} | {text['vi']}<br>*{text['en']}* |")
    return _page(
        "Cài đặt · Settings",
        "Tất cả lấy từ môi trường. Bí mật có thể đọc từ tệp: `HUB_<NAME>_FILE`. Tên không có, giá "
        "trị không hợp lệ và mâu\nthuẫn được báo cùng lúc, và trung tâm không khởi động. Thời gian "
        "tính bằng giây.",
        "All come from the environment. A secret may come from a file: `HUB_<NAME>_FILE`. Unknown "
        "names, wrong values and\ncontradictions are all reported at once, and the hub does not "
        "start. Times are in seconds.",
        ["| Tên · Setting | Mặc định · Default | Nghĩa · Means |", "| --- | --- | --- |", *rows],
    )


MESSAGES = ROOT / "docs/messages.md"
_MARK, _END = "<!-- messages -->\n", "<!-- /messages -->\n"


def messages() -> str:
    """Return the page of the messages with its table as the catalogue has it."""
    rows = [f"| `{it.name}` | {it.owner} | {it.reader} | {it.sentence} |" for it in CATALOG]
    head = ["| Message | Said by | Read by | Means |", "| --- | --- | --- | --- |"]
    text = MESSAGES.read_text(encoding="utf-8")
    before, after = text.split(_MARK)[0], text.split(_END)[1]
    return before + _MARK + "\n".join([*head, *rows]) + f"\n{_END}" + after


def documents() -> str:
    """Return the page of the documents that commands print with --json."""
    rows = []
    for path, module in COMMANDS.items():
        answers = importlib.import_module(module).ANSWERS[path.rpartition(" ")[2]]
        fields = "<br>".join(_field(it) for it in answers)
        rows.append(f"| `hub {path}` | {fields} |")
    return _page(
        "Tài liệu JSON của các lệnh · JSON documents of the commands",
        "Lệnh nào cũng có `--json`: đầu ra chuẩn là một tài liệu JSON. Tài liệu nào cũng có "
        "`command`,\n`exit_code` (0 xong, 1 chưa làm hoặc không khớp, 2 lệnh hoặc cài đặt sai, 3 "
        "thiếu thứ trung tâm cần) và\n`refusals`, các câu nói vì sao. Thời điểm theo ISO 8601. Tên "
        "trường không đổi giữa các bản. Dòng lệnh\nkhông đọc được thì chỉ có câu ở đầu ra lỗi. "
        "`name[...]` là danh sách, mỗi mục có các trường ấy.",
        "Every command has `--json`: standard output is one JSON document. Each document has "
        "`command`,\n`exit_code` (0 done, 1 not done or does not agree, 2 wrong command or "
        "settings, 3 something is away)\nand `refusals`, the sentences that say why. Times are ISO "
        "8601. Names of fields stay from release to\nrelease. A command line that cannot be read "
        "prints a sentence on standard error only. `name[...]` is a\nlist whose items have these "
        "fields.",
        [
            *("| Lệnh · Command | Trường · Fields |", "| --- | --- |", *rows, "", "## Fields", ""),
            *("| Trường · Field | Nghĩa · Means |", "| --- | --- |"),
            *(f"| `{name}` | {vi} · *{en}* |" for name, (vi, en) in _headings().items()),
        ],
    )


def alert_signals() -> str:
    """Return the page of the alerts' signals: what is told, from which value on, what to do."""
    rules = {rule.name: rule for rule in packaged().rules}
    body = []
    for name, signal in SIGNALS.items():
        told = both(f"alert_signals.{name}", about="…", value="…")
        to_do = both(f"alert_signals.{name}_to_do")
        rule = rules[name]
        sign = "<" if signal.low_is_bad else ">"
        limits = [f"{rule.severity} {sign} {value_of(name, rule.limit).en}"]
        if rule.critical is not None:
            limits.append(f"critical {sign} {value_of(name, rule.critical).en}")
        held = f"after {duration(rule.after).en}" if rule.after else "at once"
        about = f"`{signal.unit}`, {signal.subject}; {', '.join(limits)}, {held}"
        body += [
            f"## {name}\n",
            f"{told.vi} *{told.en}* ({about})\n",
            f"- VI: {to_do.vi}\n- EN: {to_do.en}\n",
        ]
    return _page(
        "Tín hiệu báo động · Alert signals",
        "Mỗi tín hiệu là tên trong tệp báo động và trong liên kết của tin báo. Sau câu mà người "
        "trực đọc là đơn vị,\nđối tượng và giới hạn đóng gói. Xem [báo động](alerts.md).",
        "Each signal is a name in the file of alerts and in the link of a message. After the "
        "sentence that a person reads stand\nthe unit, the subjects and the packaged limits. See "
        "[alerts](alerts.md).",
        body,
    )


def _field(of: str | Listing) -> str:
    return f"`{of}`" if isinstance(of, str) else f"`{of.name}[{' '.join(of.columns)}]`"


def _headings() -> dict[str, tuple[str, str]]:
    data = tomllib.loads((_TEXTS / "headings.toml").read_text(encoding="utf-8"))
    return {name: (it["vi"], it["en"]) for name, it in sorted(data.items())}


PAGES = {
    "json.md": documents,
    "fault-codes.md": fault_codes,
    "log-events.md": log_events,
    "doctor.md": doctor,
    "settings.md": settings,
    "alert-signals.md": alert_signals,
    "../messages.md": messages,
    "../../schemas/hub/asyncapi.json": asyncapi.text,
}


def write() -> None:
    """Write the pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
