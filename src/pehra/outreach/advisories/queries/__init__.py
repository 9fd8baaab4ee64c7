"""Reads of advisories: what everybody sees, what is worked on, and how far one reached."""
