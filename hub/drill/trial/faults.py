"""What goes wrong at the partners of a drill, as data: first for its day, then again and again.

The day leaves one case of each kind that a person has to settle: a refusal, an effect that the
partner does not tell, a code that nobody knows. Afterwards a partner is down or slow for a while,
so that a person sees deliveries wait and go on by themselves.
"""

from dataclasses import dataclass

from adapters.provincial.protocol.protocol import Operation
from adapters.simulation.faults import Fault, FaultKind
from hub.drill.trial.processes import Partners

K = FaultKind
_REGISTER, _LOOK_UP = (Operation.REGISTER,), (Operation.LOOK_UP,)
_TRANSFER = ("TiepNhanHoSo",)
_OFTEN_SLOW = Fault(kind=K.LATE, seconds=1.5, probability=0.2)

OF_THE_DAY = {
    "province": (
        Fault(kind=K.REFUSES, operations=_REGISTER, remaining=1),
        Fault(kind=K.UNKNOWN_CODE, operations=_REGISTER, remaining=1),
        Fault(kind=K.DROP_AFTER_ACCEPT, operations=_REGISTER, remaining=1),
        # The two unknown effects above are asked about, and the province refuses to answer.
        Fault(kind=K.REFUSES, operations=_LOOK_UP),
    ),
    "town": (Fault(kind=K.REFUSES, operations=_TRANSFER, remaining=1),),
}
"""In force while the day's dossiers come in, by the partner's short name."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """From a step of a round on these faults are in force at a partner."""

    step: int
    partner: str
    faults: tuple[Fault, ...] = ()


ROUND = 60
"""Steps until the troubles come again."""
TROUBLES = (
    Trouble(0, "town", (Fault(kind=K.DOWN, seconds=90),)),
    Trouble(0, "province", (_OFTEN_SLOW,)),
    Trouble(25, "province", (Fault(kind=K.DOWN, seconds=45),)),
    Trouble(38, "province", (Fault(kind=K.DROP_AFTER_ACCEPT, remaining=1), _OFTEN_SLOW)),
    Trouble(45, "town", (Fault(kind=K.BUSY, remaining=2, seconds=10),)),
)


def begin_day(partners: Partners) -> None:
    """Switch on what goes wrong on the day."""
    for name, faults in OF_THE_DAY.items():
        getattr(partners, name).set_faults(faults)


def step(partners: Partners, number: int) -> None:
    """Switch on what comes at a step after the day, from 0 on. Raises SimulatorFailed."""
    for trouble in TROUBLES:
        if trouble.step == number % ROUND:
            getattr(partners, trouble.partner).set_faults(trouble.faults)


def clear(partners: Partners) -> None:
    """Switch everything off."""
    for partner in (partners.province, partners.town):
        partner.clear_faults()
