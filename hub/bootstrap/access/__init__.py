"""Who is known from outside: clients by certificates, persons by a provider of identities."""
