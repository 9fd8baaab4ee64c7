"""What a report names: pages, hosts, telephone numbers; each as keys by which it is found again.

A key is 64 bits of BLAKE2b over the room of comparison, what kind of thing it is, and the thing.
"""

from __future__ import annotations

import csv
import hashlib
import ipaddress
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import can_ada
import msgspec
from publicsuffixlist import PublicSuffixList

from pehra.cases.reported import likeness
from pehra.cases.reported.rules import MOST_PARTS, ROOMS, Kind, Room
from pehra.cases.triage.addresses import hostings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pehra.cases.reported.rules import Wish

MOST = 8
"""Things of one kind that are looked for in one report."""
_LOOKED_AT = 20_000
_PAGE = re.compile(
    r"\bh(?:tt|xx)ps?://[^\s<>\"'`]{3,2000}|\bwww\.[^\s<>\"'`]{3,2000}", re.IGNORECASE
)
_BARE = re.compile(
    r"(?<![\w@.])(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?::\d{1,5})?/[^\s<>\"'`]*"
)
_LOOSE = re.compile(r"(?<![\w.])(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?!\w)")
"""A host that a text names without a path, or behind the @ of an address of mail."""
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|gbraid|wbraid|dclid|msclkid|yclid|twclid|ttclid|igsh|igshid|mc_cid|mc_eid"
    r"|mibextid|_ga|_gl",
    re.IGNORECASE,
)
"""What only says by which way somebody came to a page."""
_DATA = Path(__file__).parent / "data"
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.){1,12}[a-z][a-z0-9-]{1,62}")
_DOT = re.compile(r"\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?", re.IGNORECASE)
_ENDS = ".,;:!?)]}>*'\"\u06d4\u060c\u201d\u2019"
_NUMBER = re.compile(r"(?<![\w.])(?:\+|00)?\d[\d\s().-]{5,18}\d(?!\w)")
_SHORT = re.compile(r"(?<!\d)\d{3,6}(?!\d)")
_LEAST_DIGITS, _MOST_DIGITS = 9, 15
_NATION = "92"


class Page(msgspec.Struct, frozen=True):
    """An address of the web in the form in which it is compared."""

    host: str
    path: str
    query: str = ""

    @property
    def text(self) -> str:
        """It, without scheme."""
        return f"{self.host}{self.path}{'?' if self.query else ''}{self.query}"


class Traces(msgspec.Struct, frozen=True):
    """What a report names.

    Attributes:
        keys: of the very things, the weightiest first.
        weak: of what only resembles: a page whatever its query, its site, bands of a text.
        hosts: whose pages it names.
        signature: of its text.
        words: key of its very words; null: it has none.
        things: keys of all pages, numbers and files; null: it names more than was looked at.
        places: keys of pages whatever their query.
    """

    keys: tuple[int, ...]
    weak: tuple[int, ...]
    hosts: tuple[str, ...]
    signature: bytes
    words: int | None = None
    things: frozenset[int] | None = frozenset()
    places: frozenset[int] = frozenset()


def refanged(text: str) -> str:
    """A text in which addresses that were made harmless are addresses again."""
    return _DOT.sub(".", text).replace("hxxp", "http").replace("hXXp", "http")


def page_of(text: str) -> Page | None:
    """An address as it is compared (WHATWG URL); None: it is none of the web."""
    bare = refanged(text.strip()).rstrip(_ENDS)
    try:
        told = can_ada.parse(bare if "://" in bare[:12] else f"http://{bare}")
    except ValueError:
        return None
    host = told.hostname.rstrip(".").strip("[]")
    if told.protocol not in ("http:", "https:") or not _is_host(host):
        return None
    named = f"{host}:{told.port}" if told.port else host
    return Page(named, told.pathname.rstrip("/") or "/", told.search.removeprefix("?"))


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _HOST.fullmatch(host) is not None
    return True


def pages_in(text: str) -> list[Page]:
    """Addresses in a text, each once, at most `MOST`."""
    sound = refanged(text[:_LOOKED_AT])
    found: dict[str, Page] = {}
    for pattern in (_PAGE, _BARE):
        for one in pattern.findall(sound):
            page = page_of(one)
            if page is not None and len(found) < MOST:
                found.setdefault(page.text, page)
    return list(found.values())


def numbers_in(text: str, *, short: bool = False) -> list[str]:
    """Telephone numbers in a text as they are dialled from abroad, each once.

    Args:
        text: it.
        short: those of services too, which have few digits.
    """
    found = [_dialled(one) for one in _NUMBER.findall(text[:_LOOKED_AT])]
    found = [one for one in found if one]
    if short and not found:
        found = _SHORT.findall(text[:_LOOKED_AT])
    return list(dict.fromkeys(found))[:MOST]


def _dialled(text: str) -> str:
    digits = "".join(one for one in text if one.isascii() and one.isdigit())
    if not _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return ""
    if text.startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+{_NATION}{digits[1:]}" if digits.startswith("0") else f"+{digits}"


def key(room: Room, kind: str, thing: str | bytes) -> int:
    """Key of a thing: 64 bits with a sign, as rows have them."""
    data = thing if isinstance(thing, bytes) else thing.encode("utf-8", "replace")
    made = hashlib.blake2b(f"{room} {kind} ".encode() + data, digest_size=8).digest()
    return int.from_bytes(made, "big", signed=True)


def traces(wish: Wish) -> Traces:
    """What a report names, for the room of its kind."""
    room = ROOMS[wish.kind]
    named = _pages(wish)
    words = likeness.normal(f"{wish.subject}\n{wish.text}")
    made = likeness.signature(words)
    hosts = list(dict.fromkeys(page.host.partition(":")[0] for page in named))
    things = [] if room == Room.INCIDENT else [key(room, "page", one) for one in _exact(named)]
    numbers = _numbers(wish)
    things += [key(room, "number", one) for one in numbers]
    files = [key(room, "file", one.sha256) for one in wish.parts if one.sha256 and one.size]
    # The mail itself differs for each who got it.
    own = 1 if wish.kind == Kind.MAIL else 0
    all_seen = max(len(named), len(numbers)) < MOST and len(wish.parts) < MOST_PARTS
    known = frozenset([*things, *files[own:]]) if all_seen and not _loose(wish) else None
    # The very words, with all addresses and digits in them: "see this link" says nothing alone.
    very = " ".join(f"{wish.subject} {wish.url} {wish.text}".casefold().split())
    whole = key(room, "words", very) if very else None
    keys = [*things, *files, *([] if whole is None else [whole])]
    harm = room == Room.HARM
    places = [key(room, "place", one) for one in _places(named)] if harm else []
    weak = [*places, *(key(room, "site", one) for one in _sites(hosts) if harm)]
    weak += [key(room, f"band {place}", one) for place, one in enumerate(likeness.bands(made))]
    return Traces(
        tuple(dict.fromkeys(keys)),
        tuple(dict.fromkeys(weak)),
        tuple(hosts),
        made,
        whole,
        known,
        frozenset(places),
    )


def owned(found: Traces, whose: str) -> Traces:
    """Traces that meet only those of the same owner: what one told is not compared with another."""

    def mine(one: int) -> int:
        return key(Room.INCIDENT, whose, str(one))

    return Traces(
        tuple(mine(one) for one in found.keys),
        tuple(mine(one) for one in found.weak),
        found.hosts,
        found.signature,
        None if found.words is None else mine(found.words),
        None if found.things is None else frozenset(mine(one) for one in found.things),
        frozenset(mine(one) for one in found.places),
    )


def _numbers(wish: Wish) -> list[str]:
    if ROOMS[wish.kind] != Room.HARM or wish.kind == Kind.MAIL:
        return []
    return numbers_in(wish.text, short=wish.kind == Kind.NUMBER)


def _loose(wish: Wish) -> bool:
    """Whether a text names hosts in a way that makes no page of them."""
    text = refanged(f"{wish.subject}\n{wish.text}"[:_LOOKED_AT])
    rest = _BARE.sub(" ", _PAGE.sub(" ", text))
    suffix = _suffixes().publicsuffix
    found = (suffix(one.lower(), accept_unknown=False) for one in _LOOSE.findall(rest))
    return any(one is not None for one in found)


def _pages(wish: Wish) -> list[Page]:
    stated = page_of(wish.url) if wish.url else None
    if stated is None and wish.kind == Kind.LINK:
        # A link that was typed without a scheme and a path stands alone on its line.
        lines = (page_of(line) for line in wish.text.split("\n")[:MOST] if " " not in line.strip())
        stated = next((one for one in lines if one is not None), None)
    found = pages_in(f"{wish.subject}\n{wish.text}")
    return list({one.text: one for one in [*([stated] if stated else []), *found]}.values())[:MOST]


def _exact(named: Iterable[Page]) -> list[str]:
    """Pages with what in their query leads to them; of a host of many, not its front page."""
    found = []
    for page in named:
        kept = [one for one in page.query.split("&") if one and not _is_tracking(one)]
        if kept or page.path != "/" or _sites([page.host.partition(":")[0]]):
            found.append(f"{page.host}{page.path}{'?' if kept else ''}{'&'.join(kept)}")
    return found


def _is_tracking(given: str) -> bool:
    return _TRACKING.fullmatch(given.partition("=")[0]) is not None


def _places(named: Iterable[Page]) -> list[str]:
    """Pages without their query, which often differs for each victim; none of a host of many."""
    of_one = (page for page in named if _sites([page.host.partition(":")[0]]))
    return [f"{page.host}{page.path}" for page in of_one]


def _sites(hosts: Iterable[str]) -> list[str]:
    """Sites of hosts: what one owner can have registered, so that subdomains are one.

    Where anybody has a name of a platform, each name is a site. Where anybody has a page of it
    (shorteners, networks, stores of files), it is none.
    """
    found = (_site(host) for host in hosts)
    return list(dict.fromkeys(one for one in found if one))


def _site(host: str) -> str:
    labels = host.split(".")
    above = [".".join(labels[place:]) for place in range(len(labels))]
    for place, one in enumerate(above):
        kind = hostings().get(one, "")
        if one in _shared() or kind == "short" or (kind and not place):
            return ""
        if kind:
            return max(above[place - 1], _suffixes().privatesuffix(host) or "", key=len)
    return _suffixes().privatesuffix(host) or host


@cache
def _shared() -> frozenset[str]:
    """Hosts on which anybody has pages."""
    with (_DATA / "shared.csv").open(encoding="utf-8") as file:
        return frozenset(one for row in csv.DictReader(file) for one in row["hosts"].split())


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def title(wish: Wish, hosts: Iterable[str]) -> str:
    """One line for a list: the subject, the words, or what it is about."""
    first = next((line for line in wish.text.split("\n") if line.strip()), "")
    told = wish.subject or first or wish.url or next(iter(hosts), "") or wish.parts[0].name
    return " ".join(told.split())[:160]
