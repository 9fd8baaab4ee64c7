"""Keys by which machines of an organisation or a team ask the API: scopes, expiry, shown once."""
