"""The Shadowserver Foundation's reports about a subscriber's own networks, CSV or JSON array.

Format: https://github.com/The-Shadowserver-Foundation/report_schema. A file's name gives its day
and type (`2026-11-20-scan_telnet-subscriber-asn.csv`); a name without a type is helped by the
option `type`, or by a header that only one type has. Times without a zone are UTC. All types are
described in `shadowserver.toml` beside this file; columns that are missing are null, columns that
are unknown go to `extra`.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from importlib import resources
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.intake import typed
from pehra.intake.classification import RSIT
from pehra.intake.columns import FUTURE, Computed, Plan, read_parts
from pehra.intake.delimited import open_delimited
from pehra.intake.jsonrows import open_json
from pehra.intake.report_types import ReportTypes
from pehra.intake.source import ANY_OF_KIND, Covers, Delivery, Part, Reading, Source
from pehra.intake.stretches import Table
from pehra.kernel.errors import UnreadableFile
from pehra.kernel.labels import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"^(?:(\d{4}-\d{2}-\d{2})-)?([A-Za-z0-9_]+)")
_WEBSHELL = "webshell"
_WEBSHELL_IDENTIFIER = "exchange-server-webshell"


@cache
def report_types() -> ReportTypes:
    """The described types."""
    text = resources.files("pehra.intake.sources").joinpath("shadowserver.toml").read_text()
    return ReportTypes.parse(text)


def read(delivery: Delivery) -> Reading:
    """Open a report.

    Options: `type` names the report type where the file name does not.

    Raises:
        UnreadableFile: it is neither CSV with a `timestamp` column nor JSON, or its type is
            unknown.
    """
    table = _open(delivery)
    named, day = _from_name(delivery.file_name)
    kind = delivery.options.get("type") or named
    header = table.names
    if not header and not report_types().base(kind):
        header, table = _peek(table)
    base = report_types().base(kind)
    if not base:
        kind = base = report_types().recognise(header)
    if not base:
        message = f"`{delivery.file_name}` does not say which report type it holds."
        mend = "Keep Shadowserver's file name, or give the option `type`, such as type=scan_telnet."
        raise UnreadableFile(message, mend=mend)
    if table.names and "timestamp" not in table.names:
        message = f"The header has no `timestamp`; a {kind} report begins with it."
        raise UnreadableFile(message, mend="Check that the file is a Shadowserver report.")
    plan = _plan(base)
    parts = read_parts(table.stretches, plan, delivery)
    if day is None or day > (delivery.received_at + FUTURE).date():
        day, parts = _newest(parts)
    identifiers = _identifiers(base)
    return Reading(kind, day, identifiers, parts, stream=_stream(kind, delivery.file_name))


def _stream(kind: str, file_name: str) -> str:
    """Type and subscription: a subscriber gets a file a day for each of its filters."""
    stem = PurePath(file_name).name.partition(".")[0]
    subscription = re.sub(r"^\d{4}-\d{2}-\d{2}-", "", stem).removeprefix(kind).strip("-")
    return f"{kind} {subscription}".strip()


def _open(delivery: Delivery) -> Table:
    with delivery.path.open("rb") as stream:
        start = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"[", b"{"):
        return open_json(delivery.path, delivery.part_bytes)
    return open_delimited(delivery.path, delivery.part_bytes, separator=",")


def _from_name(file_name: str) -> tuple[str, date | None]:
    """Type and day that the name gives; either may be missing."""
    found = _NAME.match(PurePath(file_name).name)
    if found is None:
        return "", None
    try:
        day = date.fromisoformat(found[1]) if found[1] else None
    except ValueError:
        day = None
    return found[2].lower(), day


def _peek(table: Table) -> tuple[tuple[str, ...], Table]:
    """The columns of the first stretch, and the table as if untouched."""
    first = next(table.stretches, None)
    if first is None:
        return (), table
    return tuple(first.frame.columns), Table((), chain([first], table.stretches))


def _newest(parts: Iterator[Part]) -> tuple[date | None, Iterator[Part]]:
    """The day of the newest row of the first part, where the name has none, or one to come."""
    first = next(parts, None)
    if first is None:
        return None, iter(())
    newest = first.table.get_column("observed_at").max() if first.table.height else None
    day = first.table.select(pl.col("observed_at").max().dt.date()).item() if newest else None
    return day, chain([first], parts)


@cache
def _plan(base: str) -> Plan:
    named = report_types().named_by_row.get(base)
    rule = report_types().rules.get(base)
    plan = report_types().plan(base, _role(base), _RULES.get(rule or ""))
    if not named:
        return plan
    return msgspec.structs.replace(plan, takes={**plan.takes, "identifier": named})


def _role(base: str) -> Role:
    for word, role in (
        ("sinkhole", Role.SINKHOLE),
        ("honeypot", Role.HONEYPOT),
        ("blocklist", Role.BLOCKLIST),
    ):
        if word in base:
            return role
    return Role.SCAN if base.startswith(("scan", "population", "device")) else Role.REPORT


def _identifiers(base: str) -> tuple[str, ...]:
    own = report_types().types[base].identifier
    if base == "scan_exchange":
        return (own, _WEBSHELL_IDENTIFIER)
    return (own, ANY_OF_KIND) if base in report_types().named_by_row else (own,)


def _account(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """The name after the `@` is the asset; the address itself is a person's and gets hashed."""
    if "email" not in frame.columns:
        return {}
    return {"host": typed.name(pl.col("email").str.extract(r"@([^@\s<>]+)>?\s*$"))}


def _website(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """The report splits the hacked page's URL into scheme, host and path."""
    if not {"url", "http_host"} <= set(frame.columns):
        return {}
    path, host = pl.col("url").str.strip_chars(), pl.col("http_host").str.strip_chars()
    scheme = pl.lit("http")
    if "application" in frame.columns:
        secure = pl.col("application").str.to_lowercase() == "https"
        scheme = pl.when(secure).then(pl.lit("https")).otherwise(scheme)
    joined = pl.concat_str(scheme, pl.lit("://"), host, path)
    split = path.str.starts_with("/") & (host != "")
    return {"url": typed.url(pl.when(split).then(joined).otherwise(path))}


def _victim(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """The victim's site is the asset."""
    if "website" not in frame.columns:
        return {}
    bare = pl.col("website").str.strip_chars().str.extract(r"^(?:[A-Za-z]+://)?([^/:?#\s]+)")
    return {"host": typed.name(bare)}


def _exchange(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """A server with a web shell is broken into, not only open to it."""
    if "tag" not in frame.columns:
        return {}
    shell = pl.col("tag").str.to_lowercase().str.contains(_WEBSHELL, literal=True)
    kind = "system-compromise"
    return {
        "class": pl.when(shell).then(pl.lit(RSIT[kind])),
        "type": pl.when(shell).then(pl.lit(kind)),
        "identifier": pl.when(shell).then(pl.lit(_WEBSHELL_IDENTIFIER)),
    }


_RULES: dict[str, Computed] = {
    "account": _account,
    "website": _website,
    "victim": _victim,
    "exchange": _exchange,
}

SOURCE = Source(
    slug="shadowserver",
    title="The Shadowserver Foundation, daily network reports",
    url="https://www.shadowserver.org/what-we-do/network-reporting/",
    licence="free for the subscriber's own networks; not to be passed on outside them",
    role=Role.REPORT,
    read=read,
    every=timedelta(days=1),
    covers=Covers.CONSTITUENCY,
)
