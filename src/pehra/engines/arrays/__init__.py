"""Immutable indexes: named numpy arrays in a folder, memory-mapped, shared by processes."""

from __future__ import annotations
