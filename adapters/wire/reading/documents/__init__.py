"""The document in a reply: XML, JSON, SOAP, read by the shape of a contract."""
