"""What has no place here: content of traffic, what people visited, who they are (R67).

`content_fields.toml` names columns that are dropped or hashed, for every source and for single
report types. A text column that nobody has described and that holds a value over `LONGEST` bytes
counts as content as well.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec
import polars as pl

from pehra.intake.typed import digest

LONGEST = 256
"""Bytes; a longer value in an undescribed column makes the column content."""


class ContentFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: per report type, and `*` for all, names of columns."""

    drop: dict[str, tuple[str, ...]]
    hash: dict[str, tuple[str, ...]]
    keep: dict[str, tuple[str, ...]] = {}


class ContentRules(msgspec.Struct, frozen=True):
    """What holds for one report type."""

    dropped: frozenset[str]
    hashed: frozenset[str]

    def drops(self, column: str) -> bool:
        """Whether the column is left out; a dotted name is judged by its last word too."""
        return bool(_words(column) & self.dropped)

    def hashes(self, column: str) -> bool:
        """Whether only a digest of the column's values is kept."""
        return bool(_words(column) & self.hashed)


def _words(column: str) -> frozenset[str]:
    lower = column.strip().lower()
    return frozenset({lower, lower.rsplit(".", 1)[-1]})


@cache
def content_fields() -> ContentFields:
    """The file as shipped."""
    text = resources.files("pehra.intake").joinpath("content_fields.toml").read_text()
    return msgspec.convert(tomllib.loads(text), ContentFields)


@cache
def content_rules(kind: str = "") -> ContentRules:
    """The rules for a report type of one source, such as `scan_http`; empty: those for all."""
    fields = content_fields()
    kept = frozenset(fields.keep.get(kind, ()))
    return ContentRules(
        dropped=frozenset((*fields.drop["*"], *fields.drop.get(kind, ()))) - kept,
        hashed=frozenset((*fields.hash["*"], *fields.hash.get(kind, ()))) - kept,
    )


def without_content(
    frame: pl.DataFrame, rules: ContentRules, known: frozenset[str]
) -> tuple[pl.DataFrame, int]:
    """The frame without content, hashed columns hashed, and how many values were dropped.

    Args:
        frame: String columns, empty string for no value.
        rules: of the report type.
        known: columns that are described and may be long.
    """
    named = [column for column in frame.columns if rules.drops(column)]
    asked = [name for name in frame.columns if name not in known and name not in named]
    longest = frame.select(pl.col(asked).str.len_bytes().max()).row(0) if asked else ()
    unasked = [column for column, size in zip(asked, longest, strict=True) if (size or 0) > LONGEST]
    gone = [*named, *unasked]
    dropped = sum(frame.select((pl.col(gone) != "").sum()).row(0)) if gone else 0
    hashed = [column for column in frame.columns if rules.hashes(column) and column not in gone]
    kept = frame.drop(gone).with_columns(
        pl.when(pl.col(column) != "")
        .then(pl.lit("sha256:") + digest(pl.col(column).str.strip_chars().str.to_lowercase()))
        .otherwise(pl.lit(""))
        .alias(column)
        for column in hashed
    )
    return kept, int(dropped)
