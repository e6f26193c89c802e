"""What partners may ask of the hub: one function an operation, by SOAP or by REST."""
