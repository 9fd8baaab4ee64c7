"""Playbooks: what is done about a kind of incident, step by step, by whom, and what was done."""
