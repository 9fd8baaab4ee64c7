"""Adapters to what stores and carries data, a folder for each engine."""

from __future__ import annotations
