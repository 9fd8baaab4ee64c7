"""A list that can be taken away as a file, and the way through one that is read page by page."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec
from django.http import HttpRequest  # noqa: TC002 msgspec reads the annotation when it runs

from pehra.mandate.viewers import Viewer  # noqa: TC001 msgspec reads the annotation when it runs

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Value = str | int | float | bool | datetime | None
Row = Sequence[Value]
_Page = TypeVar("_Page")

AT_ONCE = 1_000
"""Rows of one look into the database."""


class Asked(msgspec.Struct, frozen=True):
    """Who asks for a list, and by which address."""

    request: HttpRequest
    viewer: Viewer

    def word(self, name: str) -> str:
        """What the address says of `name`; empty where it says nothing."""
        return self.request.GET.get(name, "").strip().replace("\x00", "")

    def one_of(self, name: str, words: Container[str]) -> str:
        """The same, where it is one of `words`; empty else, as on the page."""
        return word if (word := self.word(name)) in words else ""


class List(msgspec.Struct, frozen=True):
    """One list.

    Attributes:
        name: in the address, and of the file.
        label: in words, for the link.
        page: route of the page that shows it.
        columns: names of the file's columns.
        rows: reads them; None where what the list belongs to is not there for this reader.
        national: only for those who see everything.
    """

    name: str
    label: StrPromise
    page: str
    columns: tuple[str, ...]
    rows: Callable[[Asked], Iterator[Row] | None]
    national: bool = True


def whole(read: Callable[[_Page | None], tuple[list[Row], _Page | None]]) -> Iterator[Row]:
    """All rows of a list that is read page by page.

    Args:
        read: gives the page after a place, and the place at which the next begins: None at the end.
    """
    after = None
    while True:
        rows, after = read(after)
        yield from rows
        if after is None:
            return
