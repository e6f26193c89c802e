"""The two ways of talking to the province: SOAP and REST, from the same records."""
