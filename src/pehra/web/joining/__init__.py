"""Joining: an organisation asks for an account, staff decide, and an invitation opens it."""
