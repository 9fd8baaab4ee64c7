"""Tests mirror the modules: `tests/<room>/test_<module>.py`."""

from __future__ import annotations
