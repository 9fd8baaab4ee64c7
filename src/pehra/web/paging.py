"""Keyset paging: a page is named by the row it comes after or before, never by an offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, QueryDict


LARGEST = 2**63 - 1
"""What fits a row's number."""
_MOST_DIGITS = 19


class Pages(msgspec.Struct, frozen=True):
    """Links to the pages around this one; empty where there is none.

    `live` lets htmx swap the list instead of loading the whole page.
    """

    previous: str
    next: str
    text: str = ""
    live: bool = False


def position(request: HttpRequest, name: str) -> int | None:
    """The row number that `name` carries in the address; None where it carries none."""
    text = request.GET.get(name, "")
    digits = text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS
    return int(text) if digits else None


def address(request: HttpRequest, changes: Mapping[str, object], *, anchor: str = "") -> str:
    """This page's address with some of its parameters changed; None removes one."""
    query: QueryDict = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    words = query.urlencode()
    return f"{request.path}{'?' if words else ''}{words}{'#' if anchor else ''}{anchor}"


def pages(
    request: HttpRequest,
    newer: int | None,
    older: int | None,
    *,
    text: str = "",
    live: bool = False,
) -> Pages:
    """Links from the first and last row of a page; None where nothing lies beyond.

    Args:
        request: the page that is shown.
        newer: the first row's number, if newer rows exist.
        older: the last row's number, if older rows exist.
        text: what stands before the links.
        live: see `Pages`.
    """
    return Pages(
        previous="" if newer is None else address(request, {"before": newer, "after": None}),
        next="" if older is None else address(request, {"after": older, "before": None}),
        text=text,
        live=live,
    )
