"""Who may do what: organisations, teams, sectors, territories, offices, grounds and clocks."""

from __future__ import annotations
