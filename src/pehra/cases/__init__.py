"""Incidents that people work on: reports, evidence and its custody, breaches of data."""
