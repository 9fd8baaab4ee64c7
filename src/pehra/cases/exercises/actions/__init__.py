"""Acts of exercises: play a scenario, and ask a call tree."""
