"""Pehra, the watch: from reports about a nation's networks to verified outcomes."""

from __future__ import annotations

import os

__version__ = "26.1.0"

# Polars' allocator gives memory back to the kernel half a second after it was freed, and the next
# part of a file asks for it again: a fifth of an ingest's time went into zeroing pages. One second
# is enough; five took 100 MiB more and no less time. With an arena for each core, not four, a
# thread takes what another one gave back: a twentieth of time and memory. It reads this once, when
# Polars is loaded.
os.environ.setdefault(
    "_RJEM_MALLOC_CONF", f"dirty_decay_ms:1000,muzzy_decay_ms:1000,narenas:{os.cpu_count() or 1}"
)
