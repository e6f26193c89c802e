"""Walks through the devices with a person: check, proof, question; one answer a device."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hub.cli.output import dialogue
from hub.cli.output.answer import print_line, warn
from hub.page_reading.drawing import terminal_code
from hub.ports.devices import Device, Proof, ProofRequest, ProofResult
from hub.rules.devices.acceptance import (
    AcceptanceOutcome,
    ProtocolRow,
    kind_text,
    seen_by_check,
    step_of,
)
from hub.rules.devices.health import state_of, state_text, worst_first
from hub.runtime.clock import utc_now
from hub.runtime.device_checks import DeviceChecks
from hub.texts import Text, both, joined, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk goes through."""

    devices: Sequence[Device]
    proofs: Mapping[str, Proof]
    within: timedelta
    into: Path
    now: Callable[[], datetime] = utc_now

    def answers(self) -> list[ProtocolRow]:
        """Return an answer for each device; Ctrl-C or the end of the input leaves the rest out."""
        found: list[ProtocolRow] = []
        print_line(text("acceptance.begin", count=len(self.devices)))
        try:
            for answer in self._each():
                found.append(answer)  # noqa: PERF402 - what came before Ctrl-C is kept
        except (KeyboardInterrupt, dialogue.NobodyAnswers):
            warn(text("acceptance.stopped"))
        return found + [self._not_done(it) for it in self.devices[len(found) :]]

    def _each(self) -> Iterator[ProtocolRow]:
        checks = DeviceChecks()
        for number, device in enumerate(self.devices, 1):
            answer = None
            while answer is None:
                findings = worst_first(checks.check(device))
                state = state_of(findings)
                print_line("")
                shown = {"number": number, "count": len(self.devices), "state": state_text(state)}
                print_line(
                    text(
                        "acceptance.device",
                        device=device.name,
                        kind=kind_text(device.kind),
                        **shown,
                    )
                )
                if findings:
                    print_line(seen_by_check(findings))
                answer = self._row(device, seen_by_check(findings), works=state.works)
            yield answer

    def _row(self, device: Device, checked: Text, *, works: bool) -> ProtocolRow | None:
        """Return the answer, None where the person wants to repeat."""
        step, code = step_of(device.kind), f"KT-{secrets.token_hex(4).upper()}"
        proof, seen = self.proofs.get(device.name), checked
        task = step.task(code) if proof and step.task else step.question()
        if not works:
            chosen = dialogue.choose(text("acceptance.after_failure"), "repeat", "no", "skip")
        elif proof is None:
            chosen = self._question(task)
        elif not self._begun(task, code if step.shows_code else ""):
            chosen = "skip"
        else:
            came = self._came(proof, device, code)
            seen = joined("; ", (checked, came.evidence))
            chosen = self._after(came, step.question())
        return None if chosen == "repeat" else self._answer(device, chosen, task, seen)

    def _begun(self, task: Text, code: str) -> bool:
        print_line(task, style="bold")
        for line in terminal_code(code) if code else ():
            print_line(line)
        return dialogue.choose(text("acceptance.press_enter"), "", "skip") == ""

    def _came(self, proof: Proof, device: Device, code: str) -> ProofResult:
        into = self.into / device.name
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        request = ProofRequest(code=code, within=self.within, into=into)
        with dialogue.waiting(round(self.within.total_seconds())):
            seen = proof(request)
        print_line(seen.evidence)
        return seen

    def _after(self, came: ProofResult, question: Text) -> str:
        if came.well:
            return self._question(question)
        return dialogue.choose(text("acceptance.after_failure"), "repeat", "no", "skip")

    def _question(self, question: Text) -> str:
        print_line(question, style="bold")
        return dialogue.choose(text("acceptance.yes_no_skip"), "yes", "no", "repeat", "skip")

    def _answer(self, device: Device, chosen: str, task: Text, seen: Text) -> ProtocolRow:
        outcomes = {
            "yes": AcceptanceOutcome.PASSED,
            "no": AcceptanceOutcome.FAILED,
            "skip": AcceptanceOutcome.SKIPPED,
        }
        return ProtocolRow(
            device=device.name,
            kind=device.kind,
            place=device.place,
            outcome=outcomes[chosen],
            task=task,
            seen=seen,
            remark=dialogue.reason() if chosen == "skip" else "",
            at=self.now(),
        )

    def _not_done(self, device: Device) -> ProtocolRow:
        return ProtocolRow(
            device=device.name,
            kind=device.kind,
            place=device.place,
            outcome=AcceptanceOutcome.NOT_DONE,
            task=both("acceptance.nobody_answers"),
            seen=both("acceptance.nobody_answers"),
            at=self.now(),
        )
