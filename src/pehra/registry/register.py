"""The register as a file: YAML for people, CSV for spreadsheets and bulk (`docs/register.md`).

Both become the same columns and pass the same checks. A row that cannot be read is reported with
line, column and reason, and the rest goes in. Pure: which sectors and territories exist is told.
"""

from __future__ import annotations

import difflib
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.kernel.errors import UnreadableFile, UsageError
from pehra.registry.contacts import PURPOSES, inhibits_of, intervals_of, quiet_of
from pehra.registry.register_text import COLUMNS, Rejected, from_csv, from_yaml
from pehra.registry.rules import (
    KINDS,
    SOURCE_RANK,
    USES,
    USUAL_CONFIDENCE,
    NotAnAsset,
    kind_of,
    plain_prefixes,
)
from pehra.registry.rules import canonical as canonical_asset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

GRADES = ("A", "B", "C", "none")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_ANSWERED = ("contact_automatic", "contact_active", "contact_business_days")
_TOLD_HOW: dict[str, tuple[Callable[[str], object], str]] = {
    "contact_quiet": (quiet_of, "write `22:00-07:00`"),
    "contact_intervals": (intervals_of, "write `high=24 low=168`"),
    "contact_inhibits": (inhibits_of, "write `open-telnet scanner`"),
}
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_MOMENT = pl.Datetime("us", "UTC")
_WIDTHS = {"organisation": 96, "name": 240, "name_ur": 240, "note": 240, "contact_name": 160,
           "contact_email": 254, "contact_phone": 40}  # fmt: skip

CLAIMS: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "organisation": pl.String(),
    "kind": pl.String(),
    "value": pl.String(),
    "source": pl.String(),
    "confidence": pl.Int16(),
    "use": pl.String(),
    "valid_from": _MOMENT,
    "valid_to": _MOMENT,
    "note": pl.String(),
}
"""Columns of the claims that a register states; `organisation` is a slug, `value` canonical."""


class Known(msgspec.Struct, frozen=True):
    """What a register may refer to: slugs of sectors, codes of territories."""

    sectors: frozenset[str]
    territories: frozenset[str]


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as a register states it; null: the register does not say."""

    row: int
    slug: str
    name: str | None = None
    name_ur: str | None = None
    sector: str | None = None
    territory: str | None = None
    country: str | None = None
    is_public: bool | None = None
    cii_grade: str | None = None


class StatedContact(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to tell at an organisation, and how; null: the register does not say."""

    row: int
    organisation: str
    purpose: str
    email: str = ""
    phone: str = ""
    name: str | None = None
    language: str | None = None
    automatic: bool | None = None
    active: bool | None = None
    quiet: tuple[time, time] | None = None
    business_days: bool | None = None
    intervals: dict[str, int] | None = None
    inhibits: tuple[str, ...] | None = None


class Register(msgspec.Struct, frozen=True):
    """A file as read.

    Attributes:
        rows: how many it has: claims, organisations without one, and those that were rejected.
        organisations: one a slug.
        contacts: each once.
        claims: columns of `CLAIMS`.
        rejects: rows that are not in the others.
    """

    rows: int
    organisations: tuple[Stated, ...]
    contacts: tuple[StatedContact, ...]
    claims: pl.DataFrame
    rejects: tuple[Rejected, ...]


def read(data: bytes, name: str, known: Known) -> Register:
    """Read a register: YAML where `name` ends in `.yaml` or `.yml`, else CSV.

    Args:
        data: UTF-8, with or without a byte-order mark.
        name: of the file.
        known: what rows may refer to.

    Raises:
        UnreadableFile: not UTF-8.
        UsageError: no YAML, or a CSV without the column `organisation`.
    """
    text = text_of(data, name)
    is_yaml = name.lower().endswith((".yaml", ".yml"))
    rows, rejects = from_yaml(text, name) if is_yaml else from_csv(text, name)
    return check(rows, rejects, known)


def text_of(data: bytes, name: str) -> str:
    """The text of a file.

    Raises:
        UnreadableFile: not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{name}: byte {error.start} is not UTF-8."
        raise UnreadableFile(message, mend="Save the file as UTF-8.") from None


def check(rows: pl.DataFrame, rejects: Sequence[Rejected], known: Known) -> Register:
    """Turn rows of text (`register_text.COLUMNS`, empty: not stated) into a register."""
    faults = _Faults()
    frame = rows.with_row_index("number").with_columns(
        pl.col("organisation").str.strip_chars(),
        source=_or("source", "manual"),
        use=_or("use", "static"),
    )
    _check_words(frame, known, faults)
    frame = _with_assets(frame, faults)
    frame = _with_times(frame, faults)
    frame = _with_confidence(frame, faults)
    sound = faults.without(frame)
    _check_agreement(sound, faults)
    _check_spans(sound, faults)
    sound = faults.without(sound)
    return Register(
        rows=rows.height + len(rejects),
        organisations=_organisations(sound),
        contacts=_contacts(sound),
        claims=sound.filter(pl.col("asset") != "").select(
            pl.col("line").alias("row") if name == "row" else pl.col(name).cast(dtype)
            for name, dtype in CLAIMS.items()
        ),
        rejects=tuple(sorted([*rejects, *faults.found.values()], key=lambda one: one.row)),
    )


class _Faults:
    """The first fault of each row. Rows of YAML may share a line, so rows have numbers too."""

    def __init__(self) -> None:
        self.found: dict[int, Rejected] = {}

    def add(self, frame: pl.DataFrame, column: str, why: str | pl.Expr) -> None:
        """Reject all lines of `frame`; `why` may name the row's own value."""
        reason = pl.lit(why) if isinstance(why, str) else why
        chosen = frame.select("number", "line", reason.alias("why"))
        for number, line, words in chosen.iter_rows():
            self.found.setdefault(number, Rejected(line, column, words))

    def without(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows that have none."""
        return frame.filter(~pl.col("number").is_in(list(self.found)))


def _or(column: str, usual: str) -> pl.Expr:
    return pl.when(pl.col(column) == "").then(pl.lit(usual)).otherwise(pl.col(column))


def _check_words(frame: pl.DataFrame, known: Known, faults: _Faults) -> None:
    """Slugs, closed lists of words, widths."""
    slug = pl.col("organisation")
    why = pl.format("`{}` is no slug: lower-case letters, digits and hyphens", slug)
    faults.add(frame.filter(~slug.str.contains(_SLUG)), "organisation", why)
    closed: Mapping[str, Iterable[str]] = {
        "sector": known.sectors,
        "territory": known.territories,
        "cii_grade": GRADES,
        "public": _YES,
        "kind": KINDS,
        "source": SOURCE_RANK,
        "use": USES,
        "contact_purpose": PURPOSES,
        **dict.fromkeys(_ANSWERED, _YES),
    }
    for column, words in closed.items():
        choices = sorted(words)
        odd = frame.filter((pl.col(column) != "") & ~pl.col(column).is_in(choices))
        for word in odd[column].unique().to_list():
            faults.add(odd.filter(pl.col(column) == word), column, _unknown(word, choices))
    for column, width in _WIDTHS.items():
        long = frame.filter(pl.col(column).str.len_chars() > width)
        faults.add(long, column, f"longer than {width} characters")
    country = frame.filter(~pl.col("country").str.contains("^([A-Z]{2})?$"))
    faults.add(country, "country", "an ISO 3166-1 code of two capitals is needed")
    mail = pl.col("contact_email")
    faults.add(
        frame.filter((mail != "") & ~mail.str.contains(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")),
        "contact_email",
        pl.format("`{}` is no mail address", mail),
    )
    nowhere = frame.filter(
        (pl.col("contact_purpose") != "") & (mail == "") & (pl.col("contact_phone") == "")
    )
    faults.add(nowhere, "contact_email", "a contact needs a mail address or a telephone number")
    for column, (reads, wanted) in _TOLD_HOW.items():
        for text in frame.filter(pl.col(column) != "")[column].unique().to_list():
            if reads(text) is None:
                odd = frame.filter(pl.col(column) == text)
                faults.add(odd, column, f"`{text}` is not understood: {wanted}")


def _unknown(word: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(choices[:25])}"
    return f"`{word}` is not known; {hint}"


def _with_assets(frame: pl.DataFrame, faults: _Faults) -> pl.DataFrame:
    """Add `value` and fill `kind`; each distinct text is parsed once."""
    frame = frame.with_columns(pl.col("asset").str.strip_chars())
    stated = frame.filter(pl.col("asset") != "").select("asset", "kind").unique()
    plain = plain_prefixes(stated["asset"]) & stated["kind"].is_in(["", "prefix"])
    quick = stated.filter(plain).with_columns(
        value=pl.col("asset"), reason=pl.lit(None, pl.String), told=pl.lit("prefix")
    )
    values, reasons, kinds = [], [], []
    slow = stated.filter(~plain)
    for asset, kind in slow.iter_rows():
        told = kind if kind in KINDS else kind_of(asset)
        value, reason = _parsed(told, asset)
        values.append(value)
        reasons.append(reason)
        kinds.append(told)
    named = {"value": values, "reason": reasons, "told": kinds}
    columns = [pl.Series(name, found, dtype=pl.String) for name, found in named.items()]
    parsed = pl.concat([quick, slow.with_columns(columns)])
    joined = frame.join(parsed, on=["asset", "kind"], how="left", maintain_order="left")
    faults.add(joined.filter(pl.col("reason").is_not_null()), "asset", pl.col("reason"))
    return joined.with_columns(kind=pl.coalesce("told", "kind"))


def _parsed(kind: str, asset: str) -> tuple[str | None, str | None]:
    try:
        return canonical_asset(kind, asset), None
    except NotAnAsset as error:
        return None, str(error)


def _with_times(frame: pl.DataFrame, faults: _Faults) -> pl.DataFrame:
    """Parse the two moments: a date is its first moment, UTC; a time without a zone is UTC."""
    for column in ("valid_from", "valid_to"):
        texts = frame[column].unique().to_list()
        moments = pl.DataFrame(
            {
                column: pl.Series(texts, dtype=pl.String),
                "moment": pl.Series([_moment(text) for text in texts], dtype=_MOMENT),
            }
        )
        frame = frame.join(moments, on=column, how="left", maintain_order="left")
        bad = frame.filter((pl.col(column) != "") & pl.col("moment").is_null())
        why = pl.format("`{}` is no date such as 2026-01-31", column)
        faults.add(bad, column, why)
        frame = frame.drop(column).rename({"moment": column})
    ends_first = frame.filter(pl.col("valid_to") <= pl.col("valid_from"))
    faults.add(ends_first, "valid_to", "the first moment without it must be after `valid_from`")
    return frame


def _moment(text: str) -> datetime | None:
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _with_confidence(frame: pl.DataFrame, faults: _Faults) -> pl.DataFrame:
    stated = pl.col("confidence").str.strip_chars(" %").cast(pl.Int64, strict=False)
    usual = pl.col("source").replace_strict(USUAL_CONFIDENCE, default=None, return_dtype=pl.Int64)
    bad = frame.filter((pl.col("confidence") != "") & ~stated.is_between(0, 100).fill_null(False))
    faults.add(bad, "confidence", "per cent from 0 to 100 is needed")
    chosen = pl.when(pl.col("confidence") == "").then(usual).otherwise(stated)
    return frame.with_columns(confidence=chosen)


_FACTS = ("name", "name_ur", "sector", "territory", "country", "public", "cii_grade")


def _check_agreement(frame: pl.DataFrame, faults: _Faults) -> None:
    """Rows of one organisation may leave its facts out, but not contradict one another."""
    for column in _FACTS:
        stated = frame.filter(pl.col(column) != "")
        first = stated.group_by("organisation", maintain_order=True).agg(
            pl.col(column).first().alias("first"), pl.col("line").first().alias("at")
        )
        odd = stated.join(first, on="organisation").filter(pl.col(column) != pl.col("first"))
        faults.add(odd, column, pl.format("line {} says `{}`", "at", "first"))


def _check_spans(frame: pl.DataFrame, faults: _Faults) -> None:
    """Of one organisation, asset and source the rows may not overlap in time."""
    key = ["organisation", "kind", "value", "source"]
    ordered = frame.filter(pl.col("value").is_not_null()).sort(
        [*key, "valid_from", "number"], nulls_last=False
    )
    never, ever = pl.lit(-(2**62)), pl.lit(2**62)
    until = pl.col("valid_to").dt.epoch("us").fill_null(ever)
    since = pl.col("valid_from").dt.epoch("us").fill_null(never)
    before = ordered.with_columns(
        reached=until.cum_max().shift(1).over(key), at=pl.col("line").shift(1).over(key)
    )
    twice = before.filter(pl.col("reached") > since)
    why = pl.format("line {} states the same holding for the same time", "at")
    faults.add(twice, "asset", why)


def _organisations(frame: pl.DataFrame) -> tuple[Stated, ...]:
    facts = frame.group_by("organisation", maintain_order=True).agg(
        pl.col("line").first(),
        *(pl.col(name).filter(pl.col(name) != "").first() for name in _FACTS),
    )
    return tuple(
        Stated(
            row=row["line"],
            slug=row["organisation"],
            is_public=_YES[row["public"]] if row["public"] else None,
            **{name: row[name] for name in _FACTS if name != "public"},
        )
        for row in facts.iter_rows(named=True)
    )


def _contacts(frame: pl.DataFrame) -> tuple[StatedContact, ...]:
    names = [name for name in COLUMNS if name.startswith("contact_")]
    stated = frame.filter(pl.col("contact_purpose") != "").unique(
        ["organisation", *names], keep="first", maintain_order=True
    )
    return tuple(
        StatedContact(
            row=row["line"],
            organisation=row["organisation"],
            **{
                name.removeprefix("contact_"): _read(name, row[name]) for name in names if row[name]
            },
        )
        for row in stated.iter_rows(named=True)
    )


def _read(column: str, text: str) -> Any:  # noqa: ANN401 what a cell of any column means
    if column in _ANSWERED:
        return _YES[text]
    return _TOLD_HOW[column][0](text) if column in _TOLD_HOW else text


def refuse_if_nothing(register: Register, name: str) -> None:
    """Raise `UsageError` for a file without a single row."""
    if register.rows == 0:
        message = f"{name} has no rows."
        raise UsageError(message, mend="See the register's format in the documentation.")
