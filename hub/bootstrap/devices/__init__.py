"""The devices of an installation: made by their kind, printers as a destination, scans on order."""
