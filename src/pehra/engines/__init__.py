"""Adapters to what stores and carries: tables, lake, blobs. One folder per engine."""

from __future__ import annotations
