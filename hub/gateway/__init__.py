"""What partners and devices call over HTTP."""
