"""OAuth 2.0: access tokens for clients, by the client credentials grant."""
