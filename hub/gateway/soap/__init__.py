"""The operations over SOAP 1.1 and 1.2, document/literal wrapped, from `schemas/hub/hub.wsdl`."""
