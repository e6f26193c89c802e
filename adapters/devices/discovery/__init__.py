"""Searches for devices in the network of this machine; nothing that is found is trusted or used."""
