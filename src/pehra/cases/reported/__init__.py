"""Reports of people without an account: numbered at once, clustered, decided on, answered."""
