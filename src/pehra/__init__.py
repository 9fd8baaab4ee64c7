"""Pehra, the watch: from reports about a nation's networks to verified outcomes."""

from __future__ import annotations

__version__ = "26.1.0"
