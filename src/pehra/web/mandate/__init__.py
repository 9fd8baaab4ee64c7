"""Pages of the nation's structure: teams, sectors, territories, and what is missing."""

from __future__ import annotations
