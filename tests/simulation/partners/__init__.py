"""Partners of a story: models, or the simulators' cores behind the hub's real adapters."""
