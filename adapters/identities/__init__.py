"""Asks a provider of identities (OpenID Connect) who a person is: code flow with PKCE."""
