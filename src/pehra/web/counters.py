"""Counts of sign-ins in files that all processes share, which nobody can flush by making more.

Django's own cache of files throws random entries away once it is full, also those that still hold
somebody back. Here what no longer counts goes first, and the folder is looked over now and then
only, for that takes as long as it has entries.
"""

from __future__ import annotations

import fcntl
import pickle
import secrets
import time
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 3_600
"""Seconds: no limit looks back further (the longest of them is an hour)."""
_LOOKS = 64
"""Every so manieth write looks the folder over."""
_LOCK = "counting.lock"
"""No entry: entries have Django's suffix."""


class Counters(FileBasedCache):
    """A cache of files that forgets by age, and at random only beyond `MAX_ENTRIES`.

    Processes that count at once lose nothing, and a count ends when it was to end at first.
    """

    def add(
        self,
        key: Any,  # noqa: ANN401 as Django has it
        value: Any,  # noqa: ANN401 as Django has it
        timeout: Any = DEFAULT_TIMEOUT,  # noqa: ANN401 as Django has it
        version: int | None = None,
    ) -> bool:
        """Begin a count, unless there is one."""
        with self._alone():
            return super().add(key, value, timeout, version)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:  # noqa: ANN401 as Django has it
        """Count on.

        Raises:
            ValueError: there is no such count, or it is over.
        """
        with self._alone():
            until, value = self._entry(key, version)
            left = None if until is None else max(1, until - time.time())
            self.set(key, value + delta, left, version)
        return value + delta

    def _entry(self, key: Any, version: int | None) -> tuple[float | None, int]:  # noqa: ANN401 as Django has it
        """When a count ends, and how far it is."""
        path = Path(self._key_to_file(key, version))  # type: ignore[attr-defined] # stubs: public names only
        try:
            with path.open("rb") as file:
                until = pickle.load(file)  # noqa: S301 only we write here
                value = pickle.loads(zlib.decompress(file.read()))  # noqa: S301 see above
        except (FileNotFoundError, EOFError):
            until = value = 0
        if until is not None and until < time.time():
            message = f"There is no count {key!r}."
            raise ValueError(message)
        return until, value

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._createdir()  # type: ignore[attr-defined] # see above, stubs
        with (Path(self._dir) / _LOCK).open("ab") as lock:  # type: ignore[attr-defined] # see above, stubs
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

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
