"""A column map applied: text columns of a stretch become typed columns of an observation.

A row is refused only where it cannot be placed: no readable time, an address that is none, or no
address and no name at all, a port that is none, a time that is still to come. Any other value that
cannot be read as its column asks stays in `extra` as text, so nothing is lost without a word; only
a `count` of 0, which says nothing, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

import msgspec
import polars as pl

from pehra.intake import typed
from pehra.intake.content import ContentRules, content_rules, without_content
from pehra.intake.distinct import Texts
from pehra.intake.extras import Extra, extras
from pehra.intake.source import Delivery, Part, Reject
from pehra.intake.stretches import INSTEAD, NUL, STRETCH_BYTES, Stretch, reject
from pehra.observations.schema import REPORTED

Typing = Callable[[pl.Expr], pl.Expr]

_TYPED: dict[str, Typing] = {
    "observed_at": typed.moment,
    "class": typed.word,
    "type": typed.word,
    "identifier": typed.word,
    "severity": typed.severity,
    "tlp": typed.tlp,
    "pap": typed.pap,
    "role": typed.role,
    "confidence": typed.percent,
    "ip": typed.address,
    "port": typed.port,
    "protocol": typed.word,
    "application": typed.text,
    "asn": typed.asn,
    "network": typed.network,
    "country": typed.country,
    "host": typed.name,
    "url": typed.url,
    "peer_ip": typed.address,
    "peer_port": typed.port,
    "peer_host": typed.name,
    "count": typed.count,
    "until": typed.moment,
    "expires": typed.moment,
}
_LISTS: dict[str, Typing] = {"cves": typed.cves, "tags": typed.tags}
_STAYS = (
    *("asn", "country", "host", "url", "peer_ip", "peer_port", "peer_host"),
    *("count", "until", "expires", "confidence", "severity", "tlp", "pap", "type", "role"),
)
"""Columns whose unreadable text goes to `extra`."""
_ASSETS = ("ip", "network", "host", "url")
_NO_ASSET = "names no address, network or host"
_ZERO = frozenset({"0", "::", "0.0.0.0"})  # noqa: S104 spellings of "no address", nothing is bound

FUTURE = timedelta(days=1)
"""A time may be this much later than the receipt: clocks go wrong, and zones are left out."""

_FAULT = {"index": pl.Int64(), "reason": pl.String(), "detail": pl.String()}
_NO_FAULTS = pl.DataFrame(schema=_FAULT)

Computed = Callable[[pl.DataFrame], Mapping[str, pl.Expr]]


class Plan(msgspec.Struct, frozen=True):
    """How the columns of one report type become columns of an observation.

    Attributes:
        takes: column of an observation -> columns of the file; the first with a value wins.
        constants: column of an observation -> its value where the row has none.
        names: column of the file -> its key in `extra`; others keep their own name.
        kinds: column of the file -> `integer`, `number`, `flag` or `json` in `extra`.
        zero_is_null: columns of the file in which `0` means "unknown".
        known: columns that are described; a long value does not make them content.
        also: columns of the file that stay in `extra` although they are taken.
        prefix: what is cut off the names of columns to make their keys in `extra`.
        computed: columns of an observation that need a rule of their own, from the raw frame;
            they come before `takes`.
        needs_asset: whether a row must name an address, a network, a name or a URL.
        instead: columns, of an observation or else of the file, with which a row is whole though it
            names none of these, such as an AS number or the hash of a file.
        content: what is dropped or hashed.
    """

    takes: dict[str, tuple[str, ...]]
    constants: dict[str, str]
    names: dict[str, str] = {}
    kinds: dict[str, str] = {}
    zero_is_null: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    prefix: str = ""
    computed: Computed | None = None
    needs_asset: bool = True
    instead: tuple[str, ...] = ()
    content: ContentRules = content_rules()


def read_parts(stretches: Iterator[Stretch], plan: Plan, delivery: Delivery) -> Iterator[Part]:
    """Turn the stretches of a file into parts, several stretches each.

    Args:
        stretches: the records of the file.
        plan: what their columns mean.
        delivery: the file as received: about how large a part is, and before when all was seen.
    """
    latest = delivery.received_at + FUTURE
    read = (read_columns(stretch, plan, latest) for stretch in stretches)
    while several := list(islice(read, max(1, delivery.part_bytes // STRETCH_BYTES))):
        yield _gathered(several)


def _gathered(several: list[Part]) -> Part:
    if len(several) == 1:
        return several[0]
    table = pl.concat([part.table for part in several], how="diagonal")
    return Part(
        table=table.select(name for name in REPORTED if name in table.columns),
        rejects=[fault for part in several for fault in part.rejects],
        rows=sum(part.rows for part in several),
        dropped=sum(part.dropped for part in several),
    )


def read_columns(stretch: Stretch, plan: Plan, latest: datetime) -> Part:
    """Turn one stretch into a part; nothing was seen after `latest`. Raises nothing on any text."""
    stretch = _storable(stretch)
    frame, dropped = without_content(stretch.frame, plan.content, plan.known)
    computed = dict(plan.computed(stretch.frame)) if plan.computed else {}
    table = _table(stretch, Texts(frame), plan, computed, latest)
    faults = _faults(frame, table, plan, latest)
    rejects = stretch.rejects
    if faults.height:
        places = [(stretch.place(index), reason, detail) for index, reason, detail in faults.rows()]
        found = [reject(place, reason, detail) for place, reason, detail in places]
        rejects = sorted([*rejects, *found], key=_by_row)
        good = pl.int_range(table.height, eager=True).is_in(faults["index"].to_list()).not_()
        table = table.filter(good)
    return Part(table, rejects, stretch.rows, dropped)


def _storable(stretch: Stretch) -> Stretch:
    """The stretch with another character for each NUL, which no database keeps."""
    known = stretch.plain or stretch.only_quotes
    held = [] if known else [column for column in stretch.frame if _holds_nul(column)]
    if not held:
        return stretch
    clean = [column.str.replace_all(NUL, INSTEAD, literal=True) for column in held]
    return msgspec.structs.replace(stretch, frame=stretch.frame.with_columns(clean))


def _holds_nul(column: pl.Series) -> bool:
    return column.str.contains(NUL, literal=True).any()


def _by_row(fault: Reject) -> int:
    return fault.row


def _taken(frame: pl.DataFrame, raw: tuple[str, ...]) -> pl.Expr | None:
    """Text of the first of the columns that has a value; None where the file has none of them."""
    present = [column for column in raw if column in frame.columns]
    if not present:
        return None
    filled = [pl.when(pl.col(column) != "").then(pl.col(column)) for column in present[:-1]]
    return pl.coalesce(*filled, pl.col(present[-1])) if filled else pl.col(present[0])


def _table(
    stretch: Stretch,
    texts: Texts,
    plan: Plan,
    computed: Mapping[str, pl.Expr],
    latest: datetime,
) -> pl.DataFrame:
    """All columns that the file gives, in the order of the schema."""
    columns: dict[str, pl.Series] = {"row": stretch.numbers}
    height = stretch.frame.height
    for name in REPORTED:
        column = _once_each(name, texts, plan)
        if name in computed:
            column = stretch.frame.with_columns(computed[name].alias(name)).get_column(name)
        if column is not None:
            columns[name] = column
    if "observed_at" not in columns:
        columns["observed_at"] = pl.repeat(None, height, dtype=REPORTED["observed_at"], eager=True)
    if "until" in columns:
        until = columns["until"]
        columns["until"] = until.set(until > latest, None)
    columns |= _url_parts(columns)
    left_over = _left_over(texts, plan, columns, stretch.literal)
    columns["extra"] = extras(
        texts, left_over, plain=stretch.plain, only_quotes=stretch.only_quotes
    )
    for name, value in plan.constants.items():
        columns[name] = _with_constant(columns.get(name), value, name, height)
    order = [name for name in REPORTED if name in columns]
    return pl.DataFrame({name: columns[name].cast(REPORTED[name]) for name in order})


def _once_each(name: str, texts: Texts, plan: Plan) -> pl.Series | None:
    """A column of an observation; worked out once for each text where the texts are few."""
    present = [column for column in plan.takes.get(name, ()) if column in texts.frame.columns]
    few = texts.distinct(present[0]) if len(present) == 1 else None
    if few is None:
        return _column(name, texts.frame, plan)
    found = _column(name, few.texts, plan)
    return None if found is None else few.spread(found)


def _column(name: str, frame: pl.DataFrame, plan: Plan) -> pl.Series | None:
    if name not in plan.takes:
        return None
    raw = _taken(frame, plan.takes[name])
    if raw is None:
        return None
    if name == "observed_at":
        return _moments(frame, raw)
    expression = _TYPED.get(name, typed.text)(raw)
    if name in _LISTS:
        return _lists(name, frame.select(raw.alias("text")))
    if name == "asn":
        return _asns(frame, raw)
    return frame.select(expression.alias(name)).to_series()


def _lists(name: str, texts: pl.DataFrame) -> pl.Series | None:
    """A list column, worked out once for each different text: the same few tags fill a report."""
    text = pl.col("text")
    several = texts.filter(text.str.contains("(?i)CVE-") if name == "cves" else text != "")
    if several.is_empty():
        return None
    words = several.unique().with_columns(_LISTS[name](text).alias(name))
    return texts.join(words, on="text", how="left", maintain_order="left").get_column(name)


def _moments(frame: pl.DataFrame, raw: pl.Expr) -> pl.Series:
    """Times in the usual form; the slower way only where some row is not in it."""
    plain = frame.select(typed.plain_moment(raw).alias("observed_at")).to_series()
    if plain.null_count() == 0:
        return plain
    return frame.select(typed.moment(raw).alias("observed_at")).to_series()


def _asns(frame: pl.DataFrame, raw: pl.Expr) -> pl.Series:
    """AS numbers; the slower way only where some row has more than digits."""
    plain = frame.select(raw.cast(pl.Int64, strict=False).alias("asn")).to_series()
    if plain.null_count() == 0 and plain.is_between(1, typed.LAST_ASN).all():
        return plain
    return frame.select(typed.asn(raw).alias("asn")).to_series()


def _url_parts(columns: dict[str, pl.Series]) -> dict[str, pl.Series]:
    if "url" not in columns:
        return {}
    frame = pl.DataFrame({"url": columns["url"]})
    url = pl.col("url")
    return {
        "url_host": frame.select(typed.url_host(url).alias("url_host")).to_series(),
        "url_path_hash": frame.select(typed.url_path_hash(url).alias("url_path_hash")).to_series(),
    }


@lru_cache(maxsize=512)
def constant(name: str, text: str) -> pl.Series:
    """One value, read as the column asks for which it stands; null where it cannot be."""
    typing = _LISTS.get(name) or _TYPED.get(name, typed.text)
    frame = pl.DataFrame({"text": [text.replace(NUL, INSTEAD)]})
    return frame.select(typing(pl.col("text")).cast(REPORTED[name]).alias(name)).to_series()


def _with_constant(column: pl.Series | None, text: str, name: str, height: int) -> pl.Series:
    whole = constant(name, text).new_from_index(0, height)
    if column is None:
        return whole
    return column.zip_with(column.is_not_null(), whole) if column.null_count() else column


def _left_over(
    texts: Texts,
    plan: Plan,
    columns: Mapping[str, pl.Series],
    literal: frozenset[str],
) -> list[Extra]:
    """What goes to `extra`: columns nobody takes, and text that its taker could not read.

    The latter becomes a column of `texts`.
    """
    frame = texts.frame
    taken = {column for name in plan.takes for column in plan.takes[name]} - plan.also
    wanted = [
        Extra(
            column=column,
            key=plan.names.get(column, column.removeprefix(plan.prefix)),
            kind=plan.kinds.get(column, "json" if column in literal else "text"),
            zero_is_null=column in plan.zero_is_null,
        )
        for column in frame.columns
        if column not in taken
    ]
    for name in _STAYS:
        raw = _taken(frame, plan.takes.get(name, ()))
        if raw is None or not columns[name].null_count():
            continue
        key = _first(frame, plan, name)
        unread = columns[name].is_null()
        text = frame.select(pl.when(unread & ~raw.is_in(list(_ZERO))).then(raw).fill_null(""))
        column = f"unread {key}"
        texts.add(text.to_series().alias(column))
        wanted.append(Extra(column=column, key=plan.names.get(key, key)))
    return wanted


def _faults(frame: pl.DataFrame, table: pl.DataFrame, plan: Plan, latest: datetime) -> pl.DataFrame:
    """Rows that cannot be placed: index, reason, detail, in file order; the first reason stands."""
    found = [
        _unreadable(frame, table, plan, name, reason)
        for name, reason in (("observed_at", "time"), ("ip", "address"), ("port", "port"))
    ]
    found.append(_noted(table["observed_at"].is_null(), "missing", "has no time"))
    late = f"was seen after {latest:%Y-%m-%d %H:%M} UTC, a day after it was received"
    found.append(_noted((table["observed_at"] > latest).fill_null(value=False), "time", late))
    if plan.needs_asset:
        found.append(_placeless(frame, table, plan))
    faults = pl.concat(found)
    if faults.is_empty():
        return faults
    return faults.unique("index", keep="first", maintain_order=True).sort("index")


def _unreadable(
    frame: pl.DataFrame, table: pl.DataFrame, plan: Plan, name: str, reason: str
) -> pl.DataFrame:
    """Rows in which a column that places them has a text that it cannot hold."""
    raw = _taken(frame, plan.takes.get(name, ()))
    column = table.get_column(name, default=None)
    if raw is None or column is None or not column.null_count():
        return _NO_FAULTS
    wrong = column.is_null() & frame.select(raw.str.strip_chars() != "").to_series()
    if name == "ip" and "network" in table.columns:
        wrong &= table["network"].is_null()
    before, after = f"`{_first(frame, plan, name)}` is `", f"`, which is no {reason}"
    shown = frame.filter(wrong).select(
        pl.concat_str(pl.lit(before), raw.str.slice(0, 80), pl.lit(after))
    )
    return _noted(wrong, reason, shown.to_series())


def _placeless(frame: pl.DataFrame, table: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Rows that name no asset; and what stands where a name should, if something does."""
    without = _without_asset(frame, table, plan)
    if not without.any():
        return _NO_FAULTS
    shown: pl.Expr = pl.lit(_NO_ASSET)
    for name in ("url", "host"):
        raw = _taken(frame, plan.takes.get(name, ()))
        if raw is not None:
            before = f"{_NO_ASSET}: `{_first(frame, plan, name)}` is `"
            told = pl.concat_str(pl.lit(before), raw.str.slice(0, 80), pl.lit("`"))
            shown = pl.when(raw.str.strip_chars() != "").then(told).otherwise(shown)
    return _noted(without, "missing", frame.filter(without).with_columns(detail=shown)["detail"])


def _noted(mask: pl.Series, reason: str, detail: str | pl.Series) -> pl.DataFrame:
    """Faults of the rows that the mask names."""
    index = mask.arg_true().cast(pl.Int64)
    details = detail if isinstance(detail, pl.Series) else pl.Series([detail] * len(index))
    data = {"index": index, "reason": [reason] * len(index), "detail": details}
    return pl.DataFrame(data, schema=_FAULT)


def _all_true(height: int) -> pl.Series:
    return pl.repeat(value=True, n=height, eager=True, dtype=pl.Boolean)


def _first(frame: pl.DataFrame, plan: Plan, name: str) -> str:
    return next(column for column in plan.takes[name] if column in frame.columns)


def _without_asset(frame: pl.DataFrame, table: pl.DataFrame, plan: Plan) -> pl.Series:
    without = _all_true(table.height)
    for name in (*_ASSETS, *plan.instead):
        if name in table.columns:
            without &= table[name].is_null()
        elif name in plan.instead and name in frame.columns:
            without &= frame[name] == ""
    return without
