"""Counts of sign-ins in files that all processes share, which nobody can flush by making more.

Django's own cache of files throws random entries away once it is full, also those that still hold
somebody back. Here what no longer counts goes first, and the folder is looked over now and then
only, for that takes as long as it has entries.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from pathlib import Path

from django.core.cache.backends.filebased import FileBasedCache

LONGEST = 3_600
"""Seconds: no limit of sign-ins looks back further (the longest of them is five minutes)."""
_LOOKS = 64
"""Every so manieth write looks the folder over."""


class Counters(FileBasedCache):
    """A cache of files that forgets by age, and at random only beyond `MAX_ENTRIES`."""

    def _cull(self) -> None:
        if secrets.randbelow(_LOOKS) == 0:
            self.forget()

    def forget(self) -> None:
        """Drop what was written longer ago than any limit looks back, then what is too many."""
        before = time.time() - LONGEST
        for path in self._list_cache_files():  # type: ignore[attr-defined] # stubs: public names only
            with suppress(FileNotFoundError):  # another process was quicker
                if Path(path).stat().st_mtime < before:
                    self._delete(path)  # type: ignore[attr-defined] # see above, stubs
        super()._cull()  # type: ignore[misc] # see above, stubs
