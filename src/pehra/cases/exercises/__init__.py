"""Exercises: a scenario is played through the real machinery, marked, and in no number."""
