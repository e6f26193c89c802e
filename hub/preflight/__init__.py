"""Preflight: what the hub stands on, checked one by one; each finding names its fix.

Run by `hub doctor`, at every start, and each hour while the hub runs. What would lose messages
refuses to start, the rest is a warning. A process whose roles need no broker is not stopped by one
that is away, and one that calls no partner does not ask them.
"""

from hub.preflight.check import Check
from hub.preflight.examine import examine, examine_all
from hub.preflight.watch import Watch, report

__all__ = ["Check", "Watch", "examine", "examine_all", "report"]
