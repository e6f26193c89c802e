"""The call to a partner: claimed, made once, settled; an unknown effect is reconciled."""
