"""Formats of one language."""

from __future__ import annotations
