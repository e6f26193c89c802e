"""The twelve cases of the runbook, settled by mouse at a drill: real hub, real simulators."""
