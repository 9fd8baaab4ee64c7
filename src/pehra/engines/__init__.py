"""Adapters to what stores and carries, a folder each: tables, lake, blobs, arrays."""

from __future__ import annotations
