"""Bulk statements over a DB-API cursor, the same meaning on SQLite and PostgreSQL."""
