"""What the steps of one rehearsal share: the partner under what was learned, and all that was said.

Promises that a call which changes nothing is asked again, a few times, after a failure that passes
(a gateway's 502), and that a write is made again only where its refusal proves that nothing was
done.
"""

import time
from collections.abc import Callable
from datetime import timedelta

from adapters.wire.profile import Profile
from adapters.wire.rehearsal.calling import TRIES
from adapters.wire.rehearsal.proposal import Proposal
from adapters.wire.rehearsal.records import HeardReply, RehearsedPartner, Test
from hub.ports import DriftKind
from hub.rules.failures.errors import FaultClass
from hub.texts import Text, both

Make = Callable[[Profile], RehearsedPartner]
PAUSE = timedelta(milliseconds=300)


class Context:
    """One rehearsal under way; used by one thread."""

    def __init__(self, make: Make, proposal: Proposal) -> None:
        self._make = make
        self.proposal = proposal
        self.partner = make(proposal.profile)
        self.replies: list[HeardReply] = []
        self.token = ""
        self.test: Test | None = None
        self.usable = True
        """Whether later steps can be tried: there is a login."""

    def begin(self, test: Test) -> None:
        """Have the requests of the test dossier ready."""
        self.test = test
        self.partner.begin(test)

    def learn(self, path: tuple[str, ...], value: object, why: Text) -> Text | None:
        """Take a line into the proposal and go on under it; return why not, None when taken."""
        problem = self.proposal.add(path, value, why)
        if problem is None:
            self._renew()
        return problem

    def unlearn(self, path: tuple[str, ...]) -> None:
        """Take a line back."""
        self.proposal.drop(path)
        self._renew()

    def keep(self, heard: HeardReply) -> HeardReply:
        """Keep what was said, for the steps that look at all of it.

        A mark that does not come back is learned at once: on a connection that was used before,
        the next reply without it would be another call's.
        """
        self.replies.append(heard)
        header = self.partner.profile.echo.header
        if header and _lost_mark(heard, header):
            self.learn(("echo", "header"), "", both("rehearsal_reasons.echo", header=header))
        return heard

    def wait(self, pause: timedelta) -> None:
        """Let a moment pass; Ctrl-C ends it."""
        time.sleep(pause.total_seconds())

    def log_in(self) -> HeardReply:
        """Log in, again after what passes."""
        return self._with_retries(lambda: self.keep(self.partner.log_in()))

    def look_up_under(self, number: str, token: str) -> HeardReply:
        """Look a dossier up under a login that may be over."""
        return self._with_retries(lambda: self.keep(self.partner.look_up(number, token)))

    def look_up(self, number: str) -> HeardReply:
        """Look a dossier up under the present login, or a new one where that is over."""
        return self._with_retries(
            lambda: self.with_login(lambda it: self.partner.look_up(number, it))
        )

    def pings(self) -> list[HeardReply]:
        """Make the other harmless calls, all of them again after what passes."""
        heard: list[HeardReply] = []
        for _ in range(TRIES):
            heard = [self.keep(one) for one in self.partner.pings(self.token)]
            if not any(map(passes, heard)):
                break
            self.wait(PAUSE)
        return heard

    def with_login(self, call: Callable[[str], HeardReply]) -> HeardReply:
        """Make a call; where the login is over and nothing was done, once more with a new one."""
        heard = self.keep(call(self.token))
        if heard.end is None or not heard.end.certain:
            return heard
        fresh = self.log_in()
        if not fresh.token:
            return heard
        self.token = fresh.token
        return self.keep(call(self.token))

    def close(self) -> None:
        """Close the connections."""
        self.partner.close()

    def _with_retries(self, call: Callable[[], HeardReply]) -> HeardReply:
        heard = call()
        for _ in range(TRIES - 1):
            if not passes(heard):
                break
            self.wait(PAUSE)
            heard = call()
        return heard

    def _renew(self) -> None:
        old = self.partner
        self.partner = self._make(self.proposal.profile)
        if self.test is not None:
            self.partner.begin(self.test)
        old.close()


def _lost_mark(heard: HeardReply, header: str) -> bool:
    if any(drift.kind is DriftKind.ECHO for drift in heard.drift):
        return True
    failure = heard.failure
    return heard.reply is None and failure is not None and header in failure.detail


def passes(heard: HeardReply) -> bool:
    """Tell whether a failure may be gone at the next call: of the line, or of a gateway."""
    failure = heard.failure
    if failure is None or failure.fault_class is FaultClass.PERMANENT:
        return False
    return heard.reply is None or heard.reply.status >= 500 or heard.reply.status == 429


def unknown_effect(heard: HeardReply) -> bool:
    """Tell whether a call may have been done, as far as its reply goes."""
    return heard.failure is not None and heard.failure.fault_class is FaultClass.AMBIGUOUS
