"""How dates and numbers look; Django has words for Urdu but no formats."""

from __future__ import annotations
