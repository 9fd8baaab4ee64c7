"""The lines of a list cut into fields: text columns, or rejects.

A line without quotes is cut at the separator. One whose every field is quoted is cut at quote,
separator, quote, and counts only if all its quotes are accounted for. What is left, such as a
quoted field beside a bare one or a quote inside a field, is read record by record by the grammar of
RFC 4180 (`pehra.intake.rfc4180`). Blanks around a field are no part of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.intake.linelist import LINE, LineList, read_lines
from pehra.intake.rfc4180 import Grammar
from pehra.intake.stretches import Stretch, Table, reject

if TYPE_CHECKING:
    from collections.abc import Mapping

_ZONE = re.compile(r"\s*\((?:utc|gmt)\)$")
_NOT_CLOSED = "a quote is not closed, or something follows the closing quote"
_ODD = {"n": pl.Int64(), "reason": pl.String(), "detail": pl.String()}


class Layout(msgspec.Struct, frozen=True):
    """How a line is cut.

    Attributes:
        names: of the columns, in order.
        least: fields that a line must have; those that it lacks are empty.
        separator: between fields.
        quoted: a field may stand in quotes (RFC 4180).
        rest: the last column takes all that is left, separators and all; so does the only one of
            a line without quotes.
        headed: the first record names the columns and is no row.
    """

    names: tuple[str, ...]
    least: int
    separator: str = ","
    quoted: bool = True
    rest: bool = False
    headed: bool = False


def open_fields(listed: LineList, layout: Layout, part_bytes: int) -> Table:
    """The records of a list as text columns."""
    lines = read_lines(listed, part_bytes, headed=layout.headed)
    return Table(names=layout.names, stretches=(cut(stretch, layout) for stretch in lines))


def announced(
    listed: LineList, known: Mapping[str, str], *, separator: str = ","
) -> tuple[tuple[str, ...], bool] | None:
    """The columns that a note, or the first record, names, and whether the record does.

    Args:
        listed: the list.
        known: names in lower case, without a zone in brackets, and what they are called here;
            a header has one of them at least in every second field.
        separator: between names.
    """
    for text, headed in ((listed.first, True), *((note, False) for note in reversed(listed.notes))):
        words = [_ZONE.sub("", word.strip(' \t"').lower()) for word in text.split(separator)]
        fitting = sum(word in known for word in words)
        if fitting > 1 and fitting * 2 >= len(words) and len(set(words)) == len(words):
            return tuple(known.get(word, word) for word in words), headed
    return None


def cut(stretch: Stretch, layout: Layout) -> Stretch:
    """A stretch of lines as a stretch of columns."""
    lines = stretch.frame.with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
    if layout.quoted:
        with_quotes = lines[LINE].str.contains('"', literal=True)
        bare, quoted = lines.filter(~with_quotes), lines.filter(with_quotes)
    else:
        bare, quoted = lines, lines.clear()
    found, odd = _bare(bare, layout)
    frames, faults = [found], [odd]
    if quoted.height:
        found, left = _quoted(quoted, layout)
        walked, odd = _walked(left, layout)
        frames += [found, walked]
        faults.append(odd)
    whole = (pl.concat(frames).sort("n") if len(frames) > 1 else frames[0]).rechunk()
    odd = pl.concat(faults).sort("n") if len(faults) > 1 else faults[0]
    return _of_columns(stretch, whole, odd)


def _of_columns(stretch: Stretch, whole: pl.DataFrame, odd: pl.DataFrame) -> Stretch:
    kept = whole["n"].to_numpy()
    rejects = [
        *stretch.rejects,
        *(reject(stretch.place(n), reason, detail) for n, reason, detail in odd.rows()),
    ]
    return msgspec.structs.replace(
        stretch,
        frame=whole.drop("n"),
        numbers=stretch.numbers.gather(whole["n"]),
        rejects=sorted(rejects, key=lambda fault: fault.row),
        place=lambda index: stretch.place(int(kept[index])),
    )


def _bare(lines: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    marks = pl.col(LINE).str.count_matches(layout.separator, literal=True)
    lines = lines.with_columns(fields=marks + 1)
    fits = _fits(layout)
    good = lines.filter(fits)
    width = len(layout.names)
    if width == 1:
        return good.select("n", pl.col(LINE).alias(layout.names[0])), _miscounted(
            lines, fits, layout
        )
    text = pl.col(LINE).str
    parts = (
        text.splitn(layout.separator, width)
        if layout.rest
        else text.split_exact(layout.separator, width - 1)
    )
    return good.select("n", *_named(parts, layout)), _miscounted(lines, fits, layout)


def _quoted(lines: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines whose every field is quoted and holds no quote; and the others."""
    mark = f'"{layout.separator}"'
    text = pl.col(LINE).str.replace_all(f'"{layout.separator} "', mark, literal=True)
    lines = lines.with_columns(neat=text)
    inner = pl.col("neat").str.slice(1, pl.col("neat").str.len_chars() - 2)
    lines = lines.with_columns(fields=inner.str.count_matches(mark, literal=True) + 1)
    line = pl.col("neat").str
    neat = (
        line.starts_with('"')
        & line.ends_with('"')
        & (line.count_matches('"', literal=True) == 2 * pl.col("fields"))
        & _fits(layout)
    )
    good = lines.filter(neat)
    parts = inner.str.split_exact(mark, max(1, len(layout.names) - 1))
    return good.select("n", *_named(parts, layout)), lines.filter(~neat).drop("fields", "neat")


def _walked(lines: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines that only the grammar can tell, one by one."""
    grammar = Grammar.of(layout.separator)
    width = len(layout.names)
    good: list[tuple[object, ...]] = []
    odd: list[tuple[int, str, str]] = []
    for n, line in lines.rows():
        record = line.encode()
        whole = grammar.record.fullmatch(record)
        fields = grammar.split(record) if whole else grammar.split_escaped(record)
        if not fields:
            odd.append((n, "quote", _NOT_CLOSED))
        elif not layout.least <= len(fields) <= width:
            odd.append((n, "fields", _fault(len(fields), layout)))
        else:
            texts = [field.decode(errors="replace").strip() for field in fields]
            good.append((n, *texts, *("" for _ in range(width - len(texts)))))
    schema: dict[str, pl.DataType] = {"n": pl.Int64()}
    schema |= dict.fromkeys(layout.names, pl.String())
    return (
        pl.DataFrame(good, schema=schema, orient="row"),
        pl.DataFrame(odd, schema=_ODD, orient="row"),
    )


def _fits(layout: Layout) -> pl.Expr:
    if layout.rest or (len(layout.names) == 1 and not layout.quoted):
        return pl.col("fields") >= layout.least
    return pl.col("fields").is_between(layout.least, len(layout.names))


def _named(parts: pl.Expr, layout: Layout) -> list[pl.Expr]:
    return [
        parts.struct.field(f"field_{index}").str.strip_chars().fill_null("").alias(name)
        for index, name in enumerate(layout.names)
    ]


def _miscounted(lines: pl.DataFrame, fits: pl.Expr, layout: Layout) -> pl.DataFrame:
    wrong = lines.filter(~fits)
    detail = [_fault(count, layout) for count in wrong["fields"]]
    data = {"n": wrong["n"], "reason": ["fields"] * wrong.height, "detail": detail}
    return pl.DataFrame(data, schema=_ODD)


def _fault(count: int, layout: Layout) -> str:
    width = len(layout.names)
    wanted = f"{width}" if layout.least == width else f"{layout.least} to {width}"
    return f"has {count} fields, a row has {wanted}"
