"""Published reports come in: sources (one file each), batches, rejects, coverage, replay."""

from __future__ import annotations
