"""Who holds which asset, since when and by whose word; compiled to an index for attribution."""

from __future__ import annotations
