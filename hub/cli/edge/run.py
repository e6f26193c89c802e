"""`hub edge run`: the agent, until SIGTERM or Ctrl-C."""

import sqlite3

import typer

from hub.bootstrap.edge import DeviceNotHere, make_agent
from hub.cli.edge.place import Directory, enrolled, unusable
from hub.cli.output.answer import put, refuse
from hub.edge.credential import is_moved
from hub.edge.spool.database import SpoolUnusable
from hub.rules.toml.reading import TomlFileWrong
from hub.runtime import telemetry
from hub.runtime.process.stop_signals import StopSignals
from hub.texts import text

app = typer.Typer()
ANSWERS = {"run": ("agent", "directory")}


@app.command("run")
def run(directory: Directory = None) -> None:
    """Host the devices of this workstation."""
    place, credential = enrolled(directory)
    telemetry.setup()
    if is_moved(place, credential):
        refuse(text("edge.moved", directory=place))
    try:
        agent = make_agent(place, credential)
    except (DeviceNotHere, TomlFileWrong, SpoolUnusable, sqlite3.Error, ValueError, OSError) as e:
        raise unusable(e) from None
    stop = StopSignals()
    put(agent=credential.agent, directory=str(place))
    agent.start()
    try:
        while not stop.wait(1.0):  # Windows delivers a signal only between two short waits
            pass
    finally:
        agent.stop()
