"""The one spelling of a web address, and the parts that somebody chose or could not choose.

WHATWG URL Standard by can_ada, public suffixes by publicsuffixlist. A defanged address
(`hxxps://example[.]com`) is read as what it stands for.
"""

from __future__ import annotations

import csv
import functools
import importlib.resources
import re
from typing import TYPE_CHECKING

import can_ada
import msgspec
import polars as pl
from publicsuffixlist import PublicSuffixList

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 8_192
"""Characters of an address that are looked at; browsers open no longer ones reliably."""

SERVER_LABELS = frozenset(
    {"www", "www1", "www2", "www3", "ww1", "ww2", "m", "mail", "webmail", "cpanel", "webdisk"}
    | {"autodiscover", "autoconfig", "whm", "cpcontacts", "cpcalendars", "ftp", "smtp", "imap"}
    | {"pop", "ns1", "ns2", "mx", "mx1", "mta-sts"}
)
"""First labels that server software sets up by itself, before a name that is registered."""

_IP = re.compile(r"^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST_PORT = re.compile(r"^[^/?#@]+:\d{1,5}(?:[/?#]|$)")
_DEFANGED_SCHEME = re.compile(r"^(?:hxxp|h\*\*p|h__p|fxp|meow)(s?)(?=:|\[)", re.IGNORECASE)
_DEFANGED_DOT = re.compile(r"\s*[\[({]\s*(?:\.|dot)\s*[\])}]\s*", re.IGNORECASE)
_DEFANGED_COLON = re.compile(r"\[:(?://)?\]|\[://\]")
_DATA = importlib.resources.files("pehra.cases.triage") / "data"


class Address(msgspec.Struct, frozen=True):
    """A web address in its one spelling.

    Attributes:
        url: the whole, as the WHATWG standard serialises it, without fragment and user.
        host: in ASCII, without a final dot.
        path, query: empty where they say nothing.
        port: empty where it is the scheme's own.
        user: somebody wrote a name before the host, which is a trick.
        suffix: under which the registry gives names: `com.pk`.
        under: under which somebody gets names: `com.pk`, but also `pages.dev`.
        name: the label that somebody chose under it.
        sub: the labels below, without what server software sets up.
        hosting: empty, or what gives the names: builder, blog, cloud, hosting, dynamic, short.
    """

    url: str
    host: str
    path: str
    query: str
    port: str
    user: bool
    suffix: str
    under: str
    name: str
    sub: str
    hosting: str

    @property
    def ip(self) -> bool:
        """Whether the host is an IP address, which no registry gave."""
        return not self.suffix

    @property
    def registered(self) -> str:
        """What somebody registered: `example.com.pk`."""
        return f"{self.name}.{self.under}" if self.name and self.under else self.host


def refanged(text: str) -> str:
    """The address that somebody wrote so that nobody could click it."""
    text = _DEFANGED_COLON.sub(lambda found: "://" if "//" in found[0] else ":", text.strip())
    return _DEFANGED_DOT.sub(".", _DEFANGED_SCHEME.sub(r"http\1", text))


def canonical(text: str) -> Address | None:
    """The address in its one spelling; None where no host can be read."""
    written = refanged(text[:LONGEST])
    if not _SCHEME.match(written) or _HOST_PORT.match(written):
        written = "http://" + written.lstrip("/")
    try:
        read = can_ada.parse(written)
    except (ValueError, UnicodeError):
        return None
    host = read.hostname.rstrip(".").lower()
    if not host or read.protocol not in {"http:", "https:", "ftp:"}:
        return None
    suffix, under, name, sub, hosting = _parts(host)
    path = "" if read.pathname == "/" else read.pathname
    port = f":{read.port}" if read.port else ""
    return Address(
        url=f"{read.protocol}//{host}{port}{read.pathname}{read.search}",
        host=host,
        path=path,
        query=read.search,
        port=read.port,
        user=bool(read.username or read.password),
        suffix=suffix,
        under=under,
        name=name,
        sub=sub,
        hosting=hosting,
    )


def shown(host: str) -> str:
    """The host as a browser may show it, in the letters of its language."""
    if "xn--" not in host:
        return host
    try:
        return can_ada.idna_decode(host.encode()) or host  # type: ignore[arg-type]  # its stub says str
    except (ValueError, UnicodeError):
        return host


def frame(texts: Sequence[str]) -> pl.DataFrame:
    """Addresses as columns, one row for each that can be read; `row` is its place in `texts`."""
    rows = [
        (row, *msgspec.structs.astuple(found))
        for row, text in enumerate(texts)
        if (found := canonical(text)) is not None
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


_SCHEMA = {
    "row": pl.Int64,
    **dict.fromkeys(("url", "host", "path", "query", "port"), pl.String),
    "user": pl.Boolean,
    **dict.fromkeys(("suffix", "under", "name", "sub", "hosting"), pl.String),
}


@functools.lru_cache(maxsize=65_536)
def _parts(host: str) -> tuple[str, str, str, str, str]:
    """Suffix, what gives names, the name, what is below it, and the kind of hosting."""
    if _IP.match(host):
        return "", "", host, "", ""
    suffix = _lists()[0].publicsuffix(host) or host
    under = _lists()[1].publicsuffix(host) or suffix
    hosting = "cloud" if under != suffix else ""
    hosts = hostings()
    labels = host.split(".")
    for first in range(len(labels)):
        parent = ".".join(labels[first:])
        if parent in hosts:
            under, hosting = parent, hosts[parent]
            break
    chosen = host[: -len(under) - 1].split(".") if host != under else []
    while len(chosen) > 1 and chosen[0] in SERVER_LABELS:
        del chosen[0]
    if chosen == ["www"]:
        chosen = []
    name = chosen.pop() if chosen else ""
    return suffix, under, name, ".".join(chosen), hosting


@functools.cache
def _lists() -> tuple[PublicSuffixList, PublicSuffixList]:
    return PublicSuffixList(only_icann=True), PublicSuffixList()


@functools.cache
def hostings() -> dict[str, str]:
    """Parents under which anybody gets a name at once, with their kind."""
    with (_DATA / "hosting.csv").open(encoding="utf-8") as file:
        return {
            suffix: row["kind"]
            for row in csv.DictReader(file)
            for suffix in row["suffixes"].split()
        }
