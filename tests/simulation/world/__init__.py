"""What a story happens in: time, chance, the log of events, processes, broker and failpoints."""
