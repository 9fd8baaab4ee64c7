"""Sources: one module each, found by having a `SOURCE`."""

from __future__ import annotations
