"""Login, clock, a second login on the account, and how the partner says that a login is over."""

from collections.abc import Iterator
from datetime import timedelta

from adapters.wire.profile import Means
from adapters.wire.rehearsal.context import Context, passes, unknown_effect
from adapters.wire.rehearsal.records import HeardReply, Mark, RehearsalFinding
from adapters.wire.rehearsal.steps.teaching import described, teach_code, teach_end

MADE_UP = "0000000000000000000000000000dead"
"""A session that no partner ever gave."""
MOST_AHEAD = timedelta(seconds=60)


def login(context: Context) -> Iterator[RehearsalFinding]:
    """Log in, and compare the clocks by that reply."""
    said = context.log_in()
    if said.token and said.means is not Means.DONE and said.end is None:
        taught = teach_code(context, said, Means.DONE, f"A login that worked: {described(said)}")
        if taught.understood:
            said = context.partner.again(said)
    if not said.token or said.means is not Means.DONE:
        context.usable = False
        what = described(said)
        yield RehearsalFinding(
            "login",
            Mark.ATTENTION,
            f"Không đăng nhập được: {what}. Kiểm tra tài khoản, mã đơn vị, địa chỉ.",
            f"No login: {what}. Check account, agency id and address.",
            stops=True,
        )
        return
    context.token = said.token
    seconds = said.took.total_seconds()
    yield RehearsalFinding("login", Mark.OK, f"được, {seconds:.2f} s", f"works, {seconds:.2f} s")
    yield _clock(said)


def _clock(said: HeardReply) -> RehearsalFinding:
    if said.ahead is None:
        return RehearsalFinding(
            "clock", Mark.OK, "trả lời không mang giờ", "replies carry no time: not compared"
        )
    seconds = round(said.ahead.total_seconds())
    mark = Mark.OK if abs(said.ahead) <= MOST_AHEAD else Mark.ATTENTION
    vi, en = ("đối tác nhanh hơn", "ahead of") if seconds >= 0 else ("đối tác chậm hơn", "behind")
    text = f"{abs(seconds)} s"
    return RehearsalFinding("clock", mark, f"{vi} {text}", f"the partner is {text} {en} us")


def second_login(context: Context) -> Iterator[RehearsalFinding]:
    """Log in a second time, and ask with the first login: two programs on one account."""
    first = context.token
    second = context.log_in()
    if not second.token:
        what = described(second)
        yield RehearsalFinding(
            "second_login", Mark.ATTENTION, f"bị từ chối: {what}", f"refused: {what}"
        )
        return
    context.token = second.token
    if second.token == first:
        yield RehearsalFinding(
            "second_login", Mark.OK, "cùng một phiên được cấp lại", "the same session is given"
        )
        return
    said = context.look_up_under(context.partner.absent, first)
    other = context.look_up_under(context.partner.absent, second.token)
    if said.end is not None and other.end is None:
        yield _displaced("", "")
    elif said.failure is None or _same(said, other) or passes(said):
        yield RehearsalFinding(
            "second_login", Mark.OK, "phiên trước vẫn dùng được", "the first login stays good"
        )
    else:
        # Said otherwise than of a login that never was: "signed in elsewhere".
        secrets = (first, context.partner.absent)
        what = described(said, secrets)
        taught = teach_end(context, said, "A login before a newer one", secrets=secrets)
        if taught.understood:
            yield _displaced(f" ({what}; đã đề xuất)", f" ({what}; proposed)")
        else:
            yield _displaced(
                f" và không nhận ra: {what} ({taught.problem}). Hỏi đối tác báo hết phiên bằng gì",
                f", and its end is not recognised: {what} ({taught.problem}). Ask the partner",
            )


def _displaced(vi: str, en: str) -> RehearsalFinding:
    return RehearsalFinding(
        "second_login",
        Mark.ATTENTION,
        "phiên trước bị hủy khi đăng nhập mới: xin tài khoản riêng cho trung tâm, không dùng"
        f" chung với chương trình khác{vi}",
        f"a new login ends the one before: get an account that only the hub uses{en}",
    )


def ended_session(context: Context) -> Iterator[RehearsalFinding]:
    """Ask under a made-up session: how does the partner say that a login is over?"""
    partner = context.partner
    said = context.look_up_under(partner.absent, MADE_UP)
    what = described(said, (MADE_UP, partner.absent))
    if said.end is not None or said.means is Means.SESSION_OVER:
        yield _recognised(said, what)
        return
    good = context.look_up(partner.absent)
    if _same(said, good):
        yield RehearsalFinding(
            "ended_session",
            Mark.ATTENTION,
            f"đối tác trả lời như với phiên đúng ({what}): tra cứu không kiểm tra phiên?"
            " Hỏi đối tác",
            f"answered as under a good login ({what}): is the session checked? Ask the partner",
        )
        return
    yield _learned(context, said, what, partner.absent)


def write_without_login(
    context: Context, number: str
) -> tuple[RehearsalFinding, HeardReply | None]:
    """Register the test dossier under a made-up session; return what may be done, None for nothing.

    Other operations may say otherwise that a login is over, or not ask for one.
    """
    said = context.note(context.partner.register(MADE_UP))
    what = f"{said.operation}: {described(said, (MADE_UP, number))}"
    if said.end is not None or said.means is Means.SESSION_OVER:
        return _recognised(said, what), None
    if said.means is Means.DONE:
        finding = RehearsalFinding(
            "ended_session",
            Mark.ATTENTION,
            f"{what}: đối tác ghi hồ sơ mà không kiểm tra phiên. Hỏi đối tác",
            f"{what}: written without a login. Ask the partner",
        )
        return finding, said
    finding = _learned(context, said, what, number)
    return finding, said if finding.mark is not Mark.OK and unknown_effect(said) else None


def _learned(context: Context, said: HeardReply, what: str, number: str) -> RehearsalFinding:
    """Return whether lines of the proposal make the hub see that the login is over."""
    taught = teach_end(context, said, "A made-up session", secrets=(MADE_UP, number))
    if taught.understood:
        return RehearsalFinding(
            "ended_session",
            Mark.OK,
            f"{what}; đã thêm dòng nhận biết vào cấu hình đề xuất",
            f"{what}; recognised by a line of the proposal",
        )
    return RehearsalFinding(
        "ended_session",
        Mark.ATTENTION,
        f"không nhận ra: {what} ({taught.problem}). Hỏi đối tác báo hết phiên bằng gì, rồi ghi vào"
        " [session] hoặc [codes]",
        f"not recognised: {what} ({taught.problem}). Ask how the partner says it; write it into"
        " [session] or [codes]",
        stops=not passes(said),
    )


def _recognised(said: HeardReply, what: str) -> RehearsalFinding:
    certain = said.end is None or said.end.certain
    vi = "nhận ra" if certain else "nhận ra, nhưng không chắc lệnh gọi chưa thực hiện"
    en = "recognised" if certain else "recognised; the call's effect counts as unknown"
    return RehearsalFinding("ended_session", Mark.OK, f"{what}: {vi}", f"{what}: {en}")


def _same(one: HeardReply, other: HeardReply) -> bool:
    if one.reply is None or other.reply is None:
        return False
    return (one.reply.status, one.code, one.message) == (
        other.reply.status,
        other.code,
        other.message,
    ) and one.end is other.end
