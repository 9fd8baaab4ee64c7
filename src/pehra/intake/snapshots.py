"""A list against the one before it: what was added, changed, removed, and what stayed.

A row is reduced to two digests: of all that it says, and of what it speaks of. So the list before
is held as sixteen bytes a row, however wide its rows are, and both are compared by joins. A moment
that is the list's and not the row's own is no part of what a row says.

The digests have 64 bits: two rows of a list of a million share one by chance once in forty million
lists. They are good for one process only, whose seed nobody outside knows; nothing keeps them, so a
reader that has learnt something reads the list before by the same eyes.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.observations.schema import REPORTED, complete

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_SAYS = tuple(name for name in REPORTED if name != "row")
_SPEAKS_OF = (
    *("identifier", "family", "ip", "port", "protocol"),
    *("host", "url_host", "url", "url_path_hash"),
)
_BROADER = {"network": ("ip",), "asn": ("ip", "network", "host", "url_host")}
"""A network or an AS number is what a row speaks of where it names nothing narrower."""
_NARROW = ("ip", "host", "url_host", "network", "asn")
_SEED = secrets.randbits(63)

DIGESTS = {"row": pl.Int64, "says": pl.UInt64, "of": pl.UInt64}
REMOVED = "removed"
"""The tag of an observation that ends a fact: its source no longer lists it."""


def digests(table: pl.DataFrame, moments: Sequence[datetime]) -> pl.DataFrame:
    """Digests of the rows of a reader's table.

    Args:
        table: columns of `REPORTED`, any subset.
        moments: of the list: a row that was seen at one of these has no moment of its own.

    Returns:
        `row`; `says`, of all that it says; `of`, of what it speaks of.
    """
    told = complete(table, REPORTED).with_columns(
        pl.when(~pl.col("observed_at").is_in(list(moments))).then(pl.col("observed_at"))
    )
    says = told.select(_SAYS).hash_rows(_SEED)
    broad = told.select(
        *_SPEAKS_OF,
        *(
            pl.when(pl.all_horizontal(pl.col(narrower).is_null())).then(pl.col(name)).alias(name)
            for name, narrower in _BROADER.items()
        ),
    )
    # What names no asset is what it says: the hash of a file stands in `extra`.
    placed = pl.any_horizontal(pl.col(name).is_not_null() for name in _NARROW)
    return told.select("row", says.alias("says"), placed=placed).select(
        "row", "says", of=pl.when("placed").then(broad.hash_rows(_SEED)).otherwise("says")
    )


def succeeded(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What stands after a list that adds but takes nothing away: its word on what it names."""
    kept = before.join(after, on="of", how="anti")
    return pl.concat([kept, after.select(before.columns)])


class Difference(msgspec.Struct, frozen=True):
    """What a list says against the one before.

    Attributes:
        new: numbers of the rows that are new, or say something new, in order.
        same: numbers of the rows that say what was known.
        repeated: numbers of the rows that say what a row before them says.
        gone: `of` of what is no longer named, in order.
        listed: rows that say something, each once.
    """

    new: pl.Series
    same: pl.Series
    repeated: pl.Series
    gone: pl.Series
    listed: int


def difference(now: pl.DataFrame, before: pl.DataFrame) -> Difference:
    """Compare `digests` of a list with those that stood before it."""
    once = now.unique("says", keep="first", maintain_order=True)
    known = before.select("says").unique()
    same = once.join(known, on="says", how="semi", maintain_order="left")
    new = once.join(known, on="says", how="anti", maintain_order="left")
    repeated = now.join(once.select("row"), on="row", how="anti", maintain_order="left")
    gone = before.select("of").unique().join(now.select("of"), on="of", how="anti").sort("of")
    return Difference(new["row"], same["row"], repeated["row"], gone["of"], once.height)


def ended(rows: pl.DataFrame, first: int, at: datetime) -> pl.DataFrame:
    """Rows of a list before as observations that end what they said.

    They make no finding: their severity is `info`.

    Args:
        rows: as the reader gave them, one for each thing that is gone.
        first: number of the first of them; it is none of the list's own.
        at: moment of the list that no longer names them.
    """
    moment = pl.lit(at).cast(REPORTED["observed_at"])
    told = complete(rows, REPORTED)
    return told.with_columns(
        pl.int_range(first, first + told.height, dtype=pl.Int64, eager=True).alias("row"),
        *(moment.alias(name) for name in ("observed_at", "until", "expires")),
        pl.lit("info").alias("severity"),
        with_tag(REMOVED),
    )


def with_tag(word: str) -> pl.Expr:
    """The tags and one more."""
    none = pl.lit([], pl.List(pl.String))
    return pl.col("tags").fill_null(none).list.concat(pl.lit([word])).alias("tags")
