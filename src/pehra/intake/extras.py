"""Columns without a place of their own, as one JSON object (RFC 8259) a row, built column-wise."""

from __future__ import annotations

import json

import msgspec
import polars as pl

_CONTROL = {chr(code): json.dumps(chr(code))[1:-1] for code in (*range(0x20), 0x22, 0x5C, 0x7F)}
_NEEDS_ESCAPE = r'["\\\x00-\x1f]'
_TRUE = ("true", "yes", "y", "enabled", "t", "1")
_FALSE = ("false", "no", "n", "disabled", "f", "0")


class Extra(msgspec.Struct, frozen=True):
    """One key of the object.

    Attributes:
        column: String column that its value comes from.
        key: its name in the object.
        kind: `text`, `integer`, `number`, `flag`, or `json` (the text is JSON already); a value
            that is not of its kind stays text.
        zero_is_null: leave out `0`.
    """

    column: str
    key: str
    kind: str = "text"
    zero_is_null: bool = False


def extras(
    frame: pl.DataFrame, wanted: list[Extra], *, plain: bool = False, only_quotes: bool = False
) -> pl.Series:
    """The JSON object of each row, named `extra`; null where a row has none of the values.

    Args:
        frame: String columns, an empty string is no value.
        wanted: the keys, in their order.
        plain: it is known that no value holds a quote, a backslash or a control character.
        only_quotes: it is known that none holds a backslash or a control character.
    """
    held = [extra for extra in wanted if _longest(frame, extra) > 0]
    full = next((extra for extra in held if _is_full(frame, extra)), None)
    safe = frame if plain else _escaped(frame, held, only_quotes=only_quotes)
    pairs = [_pair(safe, extra) for extra in held if extra is not full]
    if full:  # the object has a first member in every row: one joining does
        first = _pair(safe, full, begins=True)
        body = pl.concat_str(first, *pairs, pl.lit("}"), ignore_nulls=True)
    elif pairs:
        joined = pl.concat_str(pairs, ignore_nulls=True)
        braced = pl.concat_str(pl.lit("{"), joined.str.slice(1), pl.lit("}"))
        body = pl.when(joined != "").then(braced)
    else:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True).alias("extra")
    return safe.select(body.alias("extra")).to_series()


def _escaped(frame: pl.DataFrame, held: list[Extra], *, only_quotes: bool) -> pl.DataFrame:
    """The frame with what JSON escapes escaped, in the few columns that have any of it."""
    # What is JSON already stands in the object as it is.
    columns = [frame.get_column(extra.column) for extra in held if extra.kind != "json"]
    if only_quotes:
        found = [column for column in columns if column.str.contains('"', literal=True).any()]
        return frame.with_columns(
            column.str.replace_all('"', '\\"', literal=True) for column in found
        )
    found = [column for column in columns if column.str.contains(_NEEDS_ESCAPE).any()]
    return frame.with_columns(column.str.replace_many(_CONTROL) for column in found)


def _longest(frame: pl.DataFrame, extra: Extra) -> int:
    longest = frame.get_column(extra.column).str.len_bytes().max()
    return longest if isinstance(longest, int) else 0


def _is_full(frame: pl.DataFrame, extra: Extra) -> bool:
    """Whether every row has the value."""
    shortest = frame.get_column(extra.column).str.len_bytes().min()
    return isinstance(shortest, int) and shortest > 0 and not extra.zero_is_null


def _pair(frame: pl.DataFrame, extra: Extra, *, begins: bool = False) -> pl.Expr:
    """`,"key":value` of one column, null where it is empty; `begins`: with a brace for a comma."""
    column = pl.col(extra.column)
    present = column != ""
    if extra.zero_is_null:
        present &= column != "0"
    key = f"{'{' if begins else ','}{json.dumps(extra.key)}:"
    bare = _bare(column, extra.kind)
    text = pl.concat_str(pl.lit(f'{key}"'), column, pl.lit('"'))
    if bare is not None:
        text = pl.coalesce(pl.concat_str(pl.lit(key), bare), text)
    return text if begins or _is_full(frame, extra) else pl.when(present).then(text)


def _bare(column: pl.Expr, kind: str) -> pl.Expr | None:
    """JSON without quotes, null where the text is not of its kind; None for text."""
    if kind == "integer":
        return column.cast(pl.Int64, strict=False).cast(pl.String)
    if kind == "number":
        real = column.cast(pl.Float64, strict=False)
        return pl.when(real.is_finite()).then(real.cast(pl.String))
    if kind == "flag":
        lower = column.str.to_lowercase()
        no = pl.when(lower.is_in(_FALSE)).then(pl.lit("false"))
        return pl.when(lower.is_in(_TRUE)).then(pl.lit("true")).otherwise(no)
    return column if kind == "json" else None
