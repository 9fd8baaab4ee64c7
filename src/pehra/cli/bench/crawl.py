"""Find every kind of page that a reader can come to, by the links on the pages themselves.

A kind is a route and what its query names, numbers left out: `/findings/?after=N` is one kind
however many pages the list has. So nothing is listed here that a new page would have to be added
to. Operations of the API come from its own description; what a path names is taken from the
answer to the path before it.
"""

from __future__ import annotations

import html
import re
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_HREF = re.compile(r'(?:href|action)="([^"]+)"')
_NUMBER = re.compile(r"[0-9]+")
_NAMED = re.compile(r"\{(\w+)\}")
_OUTSIDE = ("/static/", "/accounts/", "/me/")
_EACH, _EACH_FILE = 16, 1
"""Kinds of one route that are tried, the first that were met; a file costs the same each time."""

Body = tuple[int, str]
"""An answer's status and text."""


class Found(msgspec.Struct, frozen=True):
    """A page of a kind, as the first link to that kind named it."""

    kind: str
    address: str


def links(page: str, address: str) -> Iterator[str]:
    """Addresses within the site that a page links to."""
    for text in _HREF.findall(page):
        told = urlsplit(urljoin(address, html.unescape(text)))
        if not told.netloc and told.path and not told.path.startswith(_OUTSIDE):
            yield f"{told.path}?{told.query}" if told.query else told.path


def is_file(address: str) -> bool:
    """Whether it is a file that somebody saves, and no page that somebody waits for."""
    return urlsplit(address).path.endswith((".pdf", ".csv", ".jsonl"))


def kind_of(address: str, route: Callable[[str], str | None]) -> str | None:
    """A page's kind; None where no route leads there.

    Args:
        address: path and query.
        route: name of a path's route.
    """
    told = urlsplit(address)
    name = route(told.path)
    if name is None:
        return None
    query = "&".join(sorted(_NUMBER.sub("N", part) for part in told.query.split("&") if part))
    return f"{name}?{query}" if query else name


def crawl(
    seeds: Iterable[str], ask: Callable[[str], Body], route: Callable[[str], str | None]
) -> list[Found]:
    """A page of each kind that links lead to from `seeds`, in the order in which they are met.

    Args:
        seeds: addresses to begin with.
        ask: answers an address.
        route: name of a path's route; None: there is none.
    """
    known: set[str] = set()
    tried: dict[str, int] = {}
    found: list[Found] = []
    waiting = deque(seeds)
    while waiting:
        address = waiting.popleft()
        kind = kind_of(address, route)
        base = (kind or "").partition("?")[0]
        most = _EACH_FILE if is_file(address) else _EACH
        if kind is None or kind in known or tried.get(base, 0) >= most:
            continue
        known.add(kind)
        tried[base] = tried.get(base, 0) + 1
        status, text = ask(address)
        if status != 200:  # noqa: PLR2004 RFC 9110
            continue
        found.append(Found(kind, address))
        waiting.extend(links(text, address))
    return found


def operations(described: Mapping[str, Any], ask: Callable[[str], Body]) -> list[Found]:
    """Every operation of the API that reads, with a row for what its path names.

    Args:
        described: the OpenAPI document.
        ask: answers an address.
    """
    found: list[Found] = []
    values: dict[str, str] = {}
    for path in sorted(described["paths"], key=len):
        if "get" not in described["paths"][path]:
            continue
        address = _filled(path, values, ask)
        if address is not None and ask(address)[0] == 200:  # noqa: PLR2004 RFC 9110
            found.append(Found(path, address))
    return found


def _filled(path: str, values: dict[str, str], ask: Callable[[str], Body]) -> str | None:
    """A path with a value for each name in it; None where no answer has one."""
    while named := _NAMED.search(path):
        before = path[: named.start()]
        if before not in values:
            status, text = ask(before.rstrip("/"))
            told = _first(msgspec.json.decode(text)) if status == 200 else {}  # noqa: PLR2004 RFC 9110
            value = told.get(named[1], told.get("id"))
            values[before] = "" if value is None else str(value)
        if not values[before]:
            return None
        path = f"{before}{values[before]}{path[named.end() :]}"
    return path


def _first(told: Any) -> dict[str, Any]:  # noqa: ANN401 an answer of any operation
    """The first row of the list that an answer holds."""
    lists = [one for one in told.values() if isinstance(one, list)] if told else []
    rows = [one for one in (lists[0] if lists else []) if isinstance(one, dict)]
    return rows[0] if rows else {}
