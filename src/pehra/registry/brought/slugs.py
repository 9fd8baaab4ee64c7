"""Slugs of organisations of systems that number theirs: the same name, the same slug."""

from __future__ import annotations

import re
import unicodedata

_WIDEST = 80


def slug_of(name: str) -> str:
    """Lower-case letters, digits and hyphens of a name; empty where it has none of them."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_WIDEST].strip("-")


class Slugs:
    """Gives each number a slug; a second one of the same name has its number behind it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, name: str, number: str) -> str:
        """A slug that nobody has yet; numbers should come in their order, so that it lasts."""
        plain = slug_of(name)
        wanted = plain or slug_of(f"organisation-{number}")
        if wanted in self._taken:
            wanted = slug_of(f"{wanted[: _WIDEST - 20]}-{number}")
        found, more = wanted, 1
        while found in self._taken:
            more += 1
            found = f"{wanted}-{more}"
        self._taken.add(found)
        return found
