"""What nobody wants happens between two rounds: to processes, the machine, the broker, partners."""

from typing import TYPE_CHECKING

from tests.simulation.world.process import Process

if TYPE_CHECKING:
    from tests.simulation.story import Story

COMES_BACK = 0.3
"""In how many rounds a dead process is started again."""


def inject(stage: "Story") -> None:
    """Let it happen now and then; let what is dead come back."""
    strikes, order = stage.chance.strikes, stage.chance.order
    for process in stage.processes:
        _to_process(stage, process)
    if strikes("machine sleeps", 0.002):
        stage.note("story", "the machine sleeps")
        stage.leap(order.choice((30.0, 700.0, 3600.0)))  # the partners are awake meanwhile
    if stage.broker.ready and strikes("broker emptied", 0.03):
        stage.note("broker", f"comes back empty, {stage.broker.ready} messages are gone")
        stage.broker.lose_everything()
    for partner in stage.partners:
        partner.happen()


def _to_process(stage: "Story", process: Process) -> None:
    strikes, order = stage.chance.strikes, stage.chance.order
    if process.dead:
        if stage.chance.calm or order.random() < COMES_BACK:
            process.start()
            stage.note(process.name, "starts")
    elif strikes("crash between steps", 0.01):
        stage.note(process.name, "is killed")
        process.crash()
    elif strikes("stop", 0.003):
        stage.note(process.name, "is stopped")
        process.stop()
    elif strikes("clock set", 0.003):
        process.skew = order.choice(
            [skew for skew in (-90.0, -20.0, 20.0, 90.0, 0.0) if skew != process.skew]
        )
        stage.note(process.name, f"clock is {process.skew:+.0f} s wrong")
    elif strikes("role stalled", 0.02):
        stage.note(process.name, f"{process.stall()} gets no processor")
