"""What moves: a message's way through the hub, one room for each station, in their order."""
