"""`hub replays`: the replay plans that the hub works off."""
