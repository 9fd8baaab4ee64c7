"""Requests to addresses that outsiders name: resolved once, checked, capped."""

from __future__ import annotations
