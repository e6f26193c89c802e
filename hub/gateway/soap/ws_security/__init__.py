"""WS-Security of a call: UsernameToken, Timestamp, X.509 signature, checked before its content."""
