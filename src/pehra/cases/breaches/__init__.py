"""Breaches of personal data: recorded, judged, told to the authority and to people, in time."""
