"""A photocopier by SNMP: the Printer-MIB of RFC 3805, read and never written."""
