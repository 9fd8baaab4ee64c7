"""The duty desk: what needs somebody now, today beside other days, where, and how sources do."""

from __future__ import annotations
