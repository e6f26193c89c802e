"""Connections to the gateway: what one may send and how slowly, before any route sees a request."""
