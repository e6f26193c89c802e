"""How a SOAP call is read: its envelope, with files in it or beside it, as the bytes come."""
