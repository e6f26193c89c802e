"""The protocol of a rehearsal as a text that people sign: Vietnamese first, English beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap

from adapters.wire.rehearsal.records import Mark, RehearsalFinding
from adapters.wire.rehearsal.walk import Walked
from adapters.wire.rehearsal.words import MARKS, STEPS

WIDTH = 100
_RULE = "=" * WIDTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the steps."""

    partner_vi: str
    partner_en: str
    endpoint: str
    by: str
    at: datetime
    """In local time."""
    version: str
    number: str = ""
    """Of the test dossier, "" without one."""
    reason: str = ""


def render(head: Head, walked: Walked, *, secrets: tuple[str, ...] = ()) -> str:
    """Return the protocol; `secrets` never stand in it."""
    text = "\n".join([*_head(head), *_findings(walked.findings), *_end(head, walked)]) + "\n"
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    return text


def _head(head: Head) -> Iterator[str]:
    yield "BIÊN BẢN KIỂM TRA KẾT NỐI TRƯỚC KHI VẬN HÀNH"
    yield "Protocol of a rehearsal before going live"
    yield _RULE
    changed_vi = f"hồ sơ thử {head.number} (lý do: {head.reason})" if head.number else "không"
    rows = (
        ("Đối tác / Partner", f"{head.partner_vi} / {head.partner_en}"),
        ("Địa chỉ / Endpoint", head.endpoint),
        ("Thời điểm / Time", f"{head.at:%H:%M:%S %d/%m/%Y} (UTC{head.at:%z})"),
        ("Người thực hiện / By", head.by),
        ("Phiên bản trung tâm / Hub", head.version),
        ("Ghi vào đối tác / Written", changed_vi),
    )
    for name, value in rows:
        yield f"{name:<28} {value}"
    yield _RULE


def _findings(findings: tuple[RehearsalFinding, ...]) -> Iterator[str]:
    order = list(STEPS)
    number = 0
    for step in order:
        of_step = [it for it in findings if it.step == step]
        if not of_step:
            continue
        number += 1
        vi, en = STEPS[step]
        yield f"{number:>2}. {vi} / {en}"
        for finding in of_step:
            yield from _finding(finding)
    yield _RULE


def _finding(finding: RehearsalFinding) -> Iterator[str]:
    vi, en = MARKS[finding.mark]
    first = f"    [{vi} / {en}] "
    yield from wrap(finding.vi, WIDTH, initial_indent=first, subsequent_indent=" " * 8)
    if finding.en != finding.vi:
        yield from wrap(finding.en, WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)


def _end(head: Head, walked: Walked) -> Iterator[str]:
    count = sum(it.mark is Mark.ATTENTION for it in walked.findings)
    yield "KẾT LUẬN / CONCLUSION"
    stopping = [it for it in walked.findings if it.stops]
    if stopping:
        steps = ", ".join(dict.fromkeys(STEPS[it.step][0] for it in stopping))
        steps_en = ", ".join(dict.fromkeys(STEPS[it.step][1] for it in stopping))
        yield f"  CHƯA vận hành được: {steps}."
        yield f"  Going live is NOT possible yet: {steps_en}."
    else:
        tried_vi = "" if head.number else " Chưa thử ghi hồ sơ (--test-dossier)."
        tried_en = "" if head.number else " No dossier was written (--test-dossier)."
        yield f"  Trao đổi được với cấu hình đề xuất; {count} điểm cần chú ý.{tried_vi}"
        yield f"  The exchange can run under the proposal; points to attend to: {count}.{tried_en}"
    lines = len(walked.proposal.lines)
    yield f"  Cấu hình đề xuất: {lines} dòng / proposed profile: {lines} lines"
    yield ""
    for vi, en in (
        ("Đại diện phường", "For the ward"),
        ("Đại diện đối tác", "For the partner"),
        ("Người thực hiện", "By"),
    ):
        yield f"  {vi} / {en}:"
        yield f"      {'.' * 44}   Ngày / Date: {'.' * 14}"
        yield ""
