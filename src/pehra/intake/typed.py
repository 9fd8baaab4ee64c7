"""Text columns to typed ones: times, addresses, numbers, names. Unreadable values become null.

Every function takes an expression over a String column, in which an empty string is "no value",
and returns an expression; none of them raises on any text.
"""

from __future__ import annotations

import polars as pl
from polars_hash import concat_str
from polars_iptools import to_address

from pehra.kernel.labels import Pap, Role, Severity, Tlp

_ZONED = ("%+", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_ZONELESS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
_EPOCH = r"^\d{9,10}(?:\.\d{1,9})?$"
_HOST = r'\[[0-9A-Fa-f:.]+\]|[^/?#:@\[\]\s\p{Cc}\x{FFFD}%"<>\\^`{|}]+'
"""Also names outside ASCII, as they are written in a browser; nothing that RFC 3986 forbids."""
_AUTHORITY = rf"^[A-Za-z][A-Za-z0-9+.\-]*://(?:[^/?#@]*@)?({_HOST})(?:[:/?#]|$)"
_ABSOLUTE = r"^[A-Za-z][A-Za-z0-9+.\-]*://[^\s\p{Cc}/?#]+(?:[/?#](?:[^\s\p{Cc}]|[ \t])*)?$"
_REST = r"^[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*([^#]*)"
_NAME = r"^(?:[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?\.)+(?:[a-z][a-z0-9\-]{0,61}[a-z0-9])$"
_CVE = r"(?i)CVE-\d{4}-\d{4,10}"
_LAST_PORT = 65_535
LAST_ASN = 4_294_967_295
_LONGEST_NAME = 253
_MOST = 1_000_000_000
"""Nothing is seen more often between two reports; sums over years stay far inside 64 bits."""
PATH_DIGITS = 32


def text(value: pl.Expr) -> pl.Expr:
    """The text without surrounding blanks; null where nothing is left."""
    stripped = value.str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def plain_moment(value: pl.Expr) -> pl.Expr:
    """UTC of `YYYY-MM-DD HH:MM:SS`, the form of most reports."""
    moment = value.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    return _dated(moment.dt.replace_time_zone("UTC"))


def moment(value: pl.Expr) -> pl.Expr:
    """UTC of ISO 8601 (RFC 3339 and its zone-less forms, which are UTC) or epoch seconds.

    Slashes may stand for the hyphens of a date that begins with its year.
    """
    stripped = value.str.strip_chars().str.replace(r" (?:UTC|GMT)$", "Z", literal=False)
    stripped = stripped.str.replace(r"^(\d{4})/(\d{2})/(\d{2})\b", "$1-$2-$3")
    zoneless = [
        stripped.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC")
        for form in _ZONELESS
    ]
    zoned = [
        stripped.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False)
        for form in _ZONED
    ]
    date = stripped.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    seconds = pl.when(stripped.str.contains(_EPOCH)).then(stripped).cast(pl.Float64, strict=False)
    epoch = (seconds * 1_000_000).round().cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    return _dated(pl.coalesce(*zoneless, *zoned, date.dt.replace_time_zone("UTC"), epoch))


def _dated(value: pl.Expr) -> pl.Expr:
    """Drop moments that no report can mean: before 1970 or after 9999."""
    return pl.when(value.dt.year().is_between(1970, 9998)).then(value)


def address(value: pl.Expr) -> pl.Expr:
    """16 bytes of an IPv4 or IPv6 address (`pehra.kernel.addresses`)."""
    # polars-iptools 0.2 fails on a column without a single address, so one is added and cut off
    padded = value.str.strip_chars().append(pl.lit("::"))
    storage: pl.Expr = to_address(padded).ext.storage().head(pl.len())
    return storage


def network(value: pl.Expr) -> pl.Expr:
    """A prefix such as `192.0.2.0/24`, if the text before the slash is an address."""
    stripped = value.str.strip_chars()
    parts = stripped.str.splitn("/", 2).struct
    base = address(parts.field("field_0").fill_null(""))
    length = parts.field("field_1").cast(pl.Int16, strict=False)
    most = pl.when(stripped.str.contains(":", literal=True)).then(128).otherwise(32)
    return pl.when(base.is_not_null() & length.is_between(0, most)).then(stripped)


def integer(value: pl.Expr) -> pl.Expr:
    """A whole number of at most 64 bits."""
    return value.str.strip_chars().cast(pl.Int64, strict=False)


def count(value: pl.Expr) -> pl.Expr:
    """How often something was seen, 1 to 1,000,000,000."""
    number = integer(value)
    return pl.when(number.is_between(1, _MOST)).then(number)


def port(value: pl.Expr) -> pl.Expr:
    """A port, 0 to 65535."""
    number = integer(value)
    return pl.when(number.is_between(0, _LAST_PORT)).then(number).cast(pl.Int32)


def asn(value: pl.Expr) -> pl.Expr:
    """An AS number with or without `AS` before it; 0 is "unknown" and becomes null."""
    number = integer(value.str.strip_chars_start("ASas "))
    return pl.when(number.is_between(1, LAST_ASN)).then(number)


def percent(value: pl.Expr) -> pl.Expr:
    """A confidence of 0 to 100 per cent."""
    number = value.str.strip_chars().cast(pl.Float64, strict=False).round()
    return pl.when(number.is_between(0, 100)).then(number).cast(pl.Int16)


def country(value: pl.Expr) -> pl.Expr:
    """A two-letter code in capitals (ISO 3166-1)."""
    code = value.str.strip_chars().str.to_uppercase()
    return pl.when(code.str.contains(r"^[A-Z]{2}$")).then(code)


def name(value: pl.Expr) -> pl.Expr:
    """A host name in lower case (RFC 1123, with the underscore of the wild); no addresses."""
    lower = value.str.strip_chars().str.strip_chars_end(".").str.to_lowercase()
    return pl.when(lower.str.contains(_NAME) & (lower.str.len_bytes() <= _LONGEST_NAME)).then(lower)


def url(value: pl.Expr) -> pl.Expr:
    """An absolute URL (RFC 3986) without control characters inside.

    Publishers leave blanks in paths: they are written as browsers do (WHATWG), tabs left out.
    """
    stripped = value.str.strip_chars()
    absolute = pl.when(stripped.str.contains(_ABSOLUTE)).then(stripped)
    return absolute.str.replace_all("\t", "", literal=True).str.replace_all(
        " ", "%20", literal=True
    )


def url_host(url: pl.Expr) -> pl.Expr:
    """The host of an absolute URL in lower case, brackets and closing dot removed.

    Null where what stands there can be no host, such as a text with control characters.
    """
    host = url.str.extract(_AUTHORITY).str.strip_chars("[]")
    return host.str.strip_chars_end(".").str.to_lowercase()


def url_address(url: pl.Expr) -> pl.Expr:
    """16 bytes of the address that an absolute URL names for its host; null where it names none."""
    return address(url_host(url).fill_null(""))


def url_path_hash(url: pl.Expr) -> pl.Expr:
    """SHA-256 (first 32 hexadecimal digits) of path and query of an absolute URL."""
    rest = url.str.extract(_REST)
    rooted = pl.when(rest.str.starts_with("/")).then(rest).otherwise(pl.lit("/") + rest)
    return digest(rooted).str.head(PATH_DIGITS)


def digest(value: pl.Expr) -> pl.Expr:
    """SHA-256 of a text, 64 hexadecimal digits."""
    hashed: pl.Expr = concat_str(value).chash.sha2_256()
    return hashed


def word(value: pl.Expr) -> pl.Expr:
    """A label in lower case."""
    return text(value).str.to_lowercase()


def severity(value: pl.Expr) -> pl.Expr:
    """One of Shadowserver's five words."""
    lower = value.str.strip_chars().str.to_lowercase()
    return pl.when(lower.is_in([level.word for level in Severity])).then(lower)


def role(value: pl.Expr) -> pl.Expr:
    """What kind of witness it is, one of our own six words."""
    lower = value.str.strip_chars().str.to_lowercase()
    return pl.when(lower.is_in([one.value for one in Role])).then(lower)


def tlp(value: pl.Expr) -> pl.Expr:
    """A label of TLP 2.0; `TLP:` before it is cut off and `WHITE` is `CLEAR`."""
    upper = value.str.strip_chars().str.to_uppercase().str.replace("TLP:", "", literal=True)
    label = upper.replace("WHITE", "CLEAR")
    return pl.when(label.is_in(list(Tlp))).then(label)


def pap(value: pl.Expr) -> pl.Expr:
    """A label of PAP; `PAP:` before it is cut off and `WHITE` is `CLEAR`."""
    upper = value.str.strip_chars().str.to_uppercase().str.replace("PAP:", "", literal=True)
    label = upper.replace("WHITE", "CLEAR")
    return pl.when(label.is_in(list(Pap))).then(label)


def cves(value: pl.Expr) -> pl.Expr:
    """CVE names in a text, in capitals, in order, each once; null where there is none."""
    found = value.str.extract_all(_CVE).list.eval(pl.element().str.to_uppercase())
    return pl.when(found.list.len() > 0).then(found.list.unique(maintain_order=True))


def tags(value: pl.Expr) -> pl.Expr:
    """Words between `;`, `,` or `|`, in order, each once; null where there is none.

    A JSON array is its words.
    """
    bare = value.str.replace_all(r'[\[\]"]', "")
    words = (
        pl.when(value.str.contains(r'^\[".*"\]$'))
        .then(bare)
        .otherwise(value)
        .str.replace_many({",": ";", "|": ";"})
        .str.split(";")
    )
    trimmed = words.list.eval(pl.element().str.strip_chars())
    kept = trimmed.list.eval(pl.element().filter(pl.element() != ""))
    return pl.when(kept.list.len() > 0).then(kept.list.unique(maintain_order=True))
