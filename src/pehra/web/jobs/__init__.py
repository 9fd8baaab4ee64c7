"""Pages of the queue: what works, what waits, what failed."""

from __future__ import annotations
