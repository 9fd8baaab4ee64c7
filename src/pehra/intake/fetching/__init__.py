"""Which sources are fetched, from where and how often, and how they do."""

from __future__ import annotations
