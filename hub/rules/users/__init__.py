"""Which person may do what: roles as the ward has them, separate rights, scopes. Pure."""
