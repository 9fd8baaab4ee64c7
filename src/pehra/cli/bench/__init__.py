"""Benchmarks that anyone can repeat: `pehra bench NAME`, a table, or one line of JSON."""

from __future__ import annotations

from pehra.cli.bench.commands import app

__all__ = ["app"]
