"""Columns without a place of their own, as one JSON object (RFC 8259) a row, built column-wise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.intake.distinct import spread

if TYPE_CHECKING:
    from pehra.intake.distinct import Texts

_CONTROL = {chr(code): json.dumps(chr(code))[1:-1] for code in (*range(0x20), 0x22, 0x5C, 0x7F)}
_NEEDS_ESCAPE = r'["\\\x00-\x1f]'
_TRUE = ("true", "yes", "y", "enabled", "t", "1")
_MOST_TEXTS = 4096
"""Neighbouring keys are joined once for each pair of their texts, up to so many pairs."""
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
    texts: Texts, wanted: list[Extra], *, plain: bool = False, only_quotes: bool = False
) -> pl.Series:
    """The JSON object of each row, named `extra`; null where a row has none of the values.

    Args:
        texts: String columns, an empty string is no value.
        wanted: the keys, in their order.
        plain: it is known that no value holds a quote, a backslash or a control character.
        only_quotes: it is known that none holds a backslash or a control character.
    """
    members = [_Member.of(texts, extra) for extra in wanted]
    held = [member for member in members if member.longest > 0]
    if not held:
        return pl.repeat(None, texts.frame.height, dtype=pl.String, eager=True).alias("extra")
    full = next((member for member in held if member.full), None)
    safety = _Safety(plain, only_quotes)
    pieces = [] if full is None else [full.pairs(safety, begins=True)]
    pieces += [member.pairs(safety) for member in held if member is not full]
    columns = [piece.row_by_row().alias(str(at)) for at, piece in enumerate(_fewer(pieces))]
    if full:  # the object has a first member in every row: one joining does
        body = pl.concat_str(pl.all(), pl.lit("}"))
        return pl.DataFrame(columns).select(body.alias("extra")).to_series()
    joined = pl.DataFrame(columns).select(pl.concat_str(pl.all()).alias("all"))
    braced = pl.concat_str(pl.lit("{"), pl.col("all").str.slice(1), pl.lit("}"))
    return joined.select(pl.when(pl.col("all") != "").then(braced).alias("extra")).to_series()


class _Piece(msgspec.Struct, frozen=True):
    """A stretch of the objects' text: that of each row, or that of each code."""

    texts: pl.Series
    codes: pl.Series | None

    def row_by_row(self) -> pl.Series:
        """The text of each row."""
        return self.texts if self.codes is None else spread(self.texts, self.codes)

    def then(self, after: _Piece) -> _Piece | None:
        """Both as one piece; None where that would have too many different texts."""
        size = len(after.texts)
        if self.codes is None or after.codes is None or len(self.texts) * size > _MOST_TEXTS:
            return None
        pairs = (
            self.texts.rename("a").to_frame().join(after.texts.rename("b").to_frame(), how="cross")
        )
        texts = pairs.select(pl.concat_str("a", "b")).to_series()
        return _Piece(texts, self.codes * size + after.codes)


def _fewer(pieces: list[_Piece]) -> list[_Piece]:
    """The same text in fewer pieces: neighbours with few different texts become one."""
    fewer = pieces[:1]
    for piece in pieces[1:]:
        both = fewer[-1].then(piece)
        fewer[-1:] = [fewer[-1], piece] if both is None else [both]
    return fewer


class _Safety(msgspec.Struct, frozen=True):
    """What is known of all values, as `extras` is told."""

    plain: bool
    only_quotes: bool

    def escaped(self, column: pl.Series) -> pl.Series:
        """The column with what JSON escapes escaped."""
        if self.plain:
            return column
        if self.only_quotes:
            if not column.str.contains('"', literal=True).any():
                return column
            return column.str.replace_all('"', '\\"', literal=True)
        if not column.str.contains(_NEEDS_ESCAPE).any():
            return column
        return column.str.replace_many(_CONTROL)


class _Member(msgspec.Struct, frozen=True):
    """One key, and the texts that it comes from: each row's, or each different one's."""

    extra: Extra
    column: pl.Series
    codes: pl.Series | None

    @classmethod
    def of(cls, texts: Texts, extra: Extra) -> _Member:
        """The member for a column of the file."""
        few = texts.distinct(extra.column)
        frame = few.texts if few else texts.frame
        return cls(extra, frame.get_column(extra.column), few.codes if few else None)

    @property
    def longest(self) -> int:
        """Bytes of the longest text."""
        longest = self.column.str.len_bytes().max()
        return longest if isinstance(longest, int) else 0

    @property
    def full(self) -> bool:
        """Whether every row has the value."""
        shortest = self.column.str.len_bytes().min()
        return isinstance(shortest, int) and shortest > 0 and not self.extra.zero_is_null

    def pairs(self, safety: _Safety, *, begins: bool = False) -> _Piece:
        """`,"key":value` of each row, empty where it has none; `begins`: a brace for the comma."""
        # What is JSON already stands in the object as it is.
        column = self.column if self.extra.kind == "json" else safety.escaped(self.column)
        pair = _pair(self.extra, present_always=self.full, begins=begins)
        found = column.to_frame().select(pair.fill_null("").alias(column.name)).to_series()
        return _Piece(found, self.codes)


def _pair(extra: Extra, *, present_always: bool, begins: bool) -> pl.Expr:
    column = pl.col(extra.column)
    present = column != ""
    if extra.zero_is_null:
        present &= column != "0"
    key = f"{'{' if begins else ','}{json.dumps(extra.key)}:"
    bare = _bare(column, extra.kind)
    text = pl.concat_str(pl.lit(f'{key}"'), column, pl.lit('"'))
    if bare is not None:
        text = pl.coalesce(pl.concat_str(pl.lit(key), bare), text)
    return text if present_always else pl.when(present).then(text)


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
