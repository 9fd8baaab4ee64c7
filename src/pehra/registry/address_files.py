"""Files that say which network announces an address, and in which country it was delegated.

Three formats, told apart by content, each plain, gzip or Zstandard:

- ip-location-db CSV: `start,end,asn,"name"` or `start,end,country`, both families;
- iptoasn.com TSV (ip2asn): `start end asn country description`;
- RIR statistics exchange format, plain or extended (NRO): lines of
  `registry|cc|type|start|value|date|status` with an address count for IPv4 and a prefix length
  for IPv6.

Reading is columnar. A line that is none of these is counted, kept as a sample, and not fatal.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import zstandard

from pehra.kernel.errors import EnvironmentFault, UnreadableFile
from pehra.registry.ranges import Keys, addresses_of, is_ipv4, keys_of, packed_of, prefix_ends

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 4 * 1024**3
_SAMPLE = 5
_BITS = 128


class Format(StrEnum):
    """What a file is."""

    ASN_CSV = "ip-location-db asn"
    COUNTRY_CSV = "ip-location-db country"
    IPTOASN = "iptoasn"
    DELEGATED = "rir statistics"


class Origin(msgspec.Struct, frozen=True):
    """One file that the address table was made from.

    Attributes:
        name: file name, without its folder.
        sha256: of the file as it lay on disk.
        format: see `Format`.
        dated: last change of the file, ISO 8601, UTC.
        rows: lines that gave a range.
        malformed: lines that should have and did not.
        sample: the first few malformed lines, `line number: text`.
    """

    name: str
    sha256: str
    format: str
    dated: str
    rows: int
    malformed: int
    sample: tuple[str, ...]


RANGES = {
    "start": pl.Binary(),
    "end": pl.Binary(),
    "asn": pl.Int64(),
    "name": pl.String(),
    "country": pl.String(),
}
"""Inclusive ranges, 16 bytes each end; `asn`, `name` and `country` are null where not said."""

_TABULAR = r"^([0-9A-Fa-f:.]+)[,\t]([0-9A-Fa-f:.]+)[,\t](.*)$"
_CSV_ASN = r'^(\d{1,10})(?:,"?(.*?)"?)?$'
_TSV_ASN = r"^(\d{1,10})\t([^\t]*)\t(.*)$"
_DELEGATED = (
    r"^[a-z]+\|([A-Za-z]{2})?\|(ipv4|ipv6)\|([0-9A-Fa-f:.]+)\|(\d{1,10})\|[^|]*"
    r"\|(allocated|assigned|available|reserved)\b"
)
_NO_RANGE = r"^(?:#|\s*$|[a-z]+\|[^|]*\|asn\||[a-z]+\|\*\||\d+(?:\.\d+)?\|[a-z]+\|)"
_NOWHERE = ("", "ZZ")


def _unpacked(data: bytes, name: str) -> bytes:
    try:
        if data.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(data)) as stream:
                plain = stream.read(_LARGEST + 1)
        elif data.startswith(b"\x28\xb5\x2f\xfd"):
            with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(data) as stream:
                plain = stream.read(_LARGEST + 1)
        else:
            return data
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        message = f"{name} does not decompress: {error}."
        raise UnreadableFile(message, mend="Fetch it again.") from None
    if len(plain) > _LARGEST:
        message = f"{name} unpacks to more than {_LARGEST} bytes."
        raise UnreadableFile(message, mend="Give the files of the address table only.")
    return plain


def _lines(data: bytes) -> pl.Series:
    text = data.decode("utf-8", errors="replace")
    return pl.Series("line", text.split("\n"), dtype=pl.String).str.strip_chars_end("\r\n ")


def _format_of(lines: pl.Series, name: str) -> Format:
    """By the first lines that are not comments."""
    head = lines.head(200).filter(~lines.head(200).str.contains(r"^(#|\s*$)")).head(20)
    tests = (
        (Format.DELEGATED, r"^[\da-z.]+\|[^|]*\|"),
        (Format.IPTOASN, r"^[0-9A-Fa-f:.]+\t[0-9A-Fa-f:.]+\t\d+\t"),
        (Format.COUNTRY_CSV, r"^[0-9A-Fa-f:.]+,[0-9A-Fa-f:.]+,[A-Za-z]{2}$"),
        (Format.ASN_CSV, r"^[0-9A-Fa-f:.]+,[0-9A-Fa-f:.]+,\d+(,|$)"),
    )
    votes = [(int(head.str.contains(pattern).sum()), kind) for kind, pattern in tests]
    most, kind = max(votes, key=lambda vote: vote[0])
    if most == 0:
        message = f"{name} is none of the known address tables."
        mend = "Known are ip-location-db CSV, iptoasn TSV and RIR delegated statistics."
        raise UnreadableFile(message, mend=mend)
    return kind


def _tabular(lines: pl.Series, kind: Format) -> pl.DataFrame:
    parts = lines.str.extract_groups(_TABULAR).struct.unnest()
    parts.columns = ["start", "end", "rest"]
    rest = pl.col("rest")
    said: dict[str, pl.Expr]
    if kind == Format.COUNTRY_CSV:
        said = {"country": rest.str.extract(r"^([A-Za-z]{2})$").str.to_uppercase()}
    elif kind == Format.ASN_CSV:
        said = {
            "asn": rest.str.extract(_CSV_ASN, 1).cast(pl.Int64),
            "name": rest.str.extract(_CSV_ASN, 2).str.replace_all('""', '"', literal=True),
        }
    else:
        said = {
            "asn": rest.str.extract(_TSV_ASN, 1).cast(pl.Int64),
            "country": rest.str.extract(_TSV_ASN, 2).str.extract(r"^([A-Z]{2})$"),
            "name": rest.str.extract(_TSV_ASN, 3),
        }
    ends = (addresses_of(parts["start"]), addresses_of(parts["end"]))
    read = parts.select(*ends, **said)
    told = "country" if kind == Format.COUNTRY_CSV else "asn"
    return read.with_columns(fits=pl.col(told).is_not_null())


def _delegated(lines: pl.Series) -> pl.DataFrame:
    parts = lines.str.extract_groups(_DELEGATED).struct.unnest()
    parts.columns = ["country", "type", "start", "value", "status"]
    held = parts.with_columns(
        addresses_of(parts["start"]),
        pl.col("value").cast(pl.Int64),
        country=pl.when(pl.col("status").is_in(["allocated", "assigned"])).then(
            pl.col("country").str.to_uppercase()
        ),
    )
    keys, known = keys_of(held["start"])
    value = held["value"].fill_null(1).to_numpy()
    v4 = is_ipv4(keys)
    _, by_length = prefix_ends(keys, value.clip(0, _BITS))
    high, low = by_length
    high[v4], low[v4] = 0, keys.low[v4] + value[v4].clip(1).astype("u8") - 1
    fits = pl.Series("v4", v4) == (held["type"] == "ipv4")
    sane = pl.when(type="ipv4").then(pl.col("value") >= 1).otherwise(pl.col("value") <= _BITS)
    return held.with_columns(end=packed_of(Keys(high, low))).with_columns(
        fits=pl.Series("known", known) & fits & sane
    )


def _sound(read: pl.DataFrame) -> pl.Series:
    """Which lines hold two addresses of one family, in order, and what the format promises."""
    start, start_known = keys_of(read["start"])
    end, end_known = keys_of(read["end"])
    ordered = (start.high < end.high) | ((start.high == end.high) & (start.low <= end.low))
    family = is_ipv4(start) == is_ipv4(end)
    return read["fits"].fill_null(value=False) & pl.Series(
        "sound", start_known & end_known & ordered & family
    )


def read_file(path: Path) -> tuple[pl.DataFrame, Origin]:
    """Read one file.

    Returns:
        Ranges (columns `RANGES`, in file order), and where they came from.

    Raises:
        EnvironmentFault: it cannot be opened.
        UnreadableFile: it is damaged, or of no known format.
    """
    try:
        packed = path.read_bytes()
        dated = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Check the name, owner and mode.") from None
    lines = _lines(_unpacked(packed, path.name))
    kind = _format_of(lines, path.name)
    read = _delegated(lines) if kind == Format.DELEGATED else _tabular(lines, kind)
    sound = _sound(read)
    faulty = ~sound & ~lines.str.contains(_NO_RANGE)
    numbered = pl.DataFrame({"line": lines}).with_row_index("number", offset=1).filter(faulty)
    origin = Origin(
        name=path.name,
        sha256=hashlib.sha256(packed).hexdigest(),
        format=kind.value,
        dated=dated.isoformat(timespec="seconds"),
        rows=int(sound.sum()),
        malformed=int(faulty.sum()),
        sample=tuple(f"{number}: {line[:120]}" for number, line in numbered.head(_SAMPLE).rows()),
    )
    return _columns(read.filter(sound)), origin


def _columns(read: pl.DataFrame) -> pl.DataFrame:
    whole = read.select(
        pl.col(name) if name in read.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in RANGES.items()
    )
    country = pl.col("country")
    return whole.with_columns(
        asn=pl.when(pl.col("asn") > 0).then(pl.col("asn")),
        country=pl.when(~country.is_in(list(_NOWHERE))).then(country),
    )
