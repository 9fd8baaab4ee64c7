"""Findings open and feed cases, by rules that are dated data, with a preview and limits."""
