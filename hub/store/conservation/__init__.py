"""The conservation of deliveries: how many were accepted, and in which state each of them is."""
