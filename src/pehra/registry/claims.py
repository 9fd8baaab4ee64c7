"""The register's claims as sorted columns, best first: what the holdings are compiled from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pehra.registry.ranges import Keys, addresses_of, is_ipv4, keys_of, prefix_ends
from pehra.registry.rules import SOURCE_RANK, USES
from pehra.registry.timeline import ALWAYS_FROM, ALWAYS_TO, NOBODY, Held

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCES = tuple(sorted(SOURCE_RANK, key=SOURCE_RANK.__getitem__))
"""By whose word, the strongest first."""
_AS, _NAME = 129, 130
_FORMS = (*(f"prefix /{length}" for length in range(129)), "AS", "domain")
CATEGORIES = tuple(f"{source} {form}" for source in SOURCES for form in _FORMS)
"""What a reason says of a claim: its source and its form, nothing that names a person or asset."""
_MAPPED_BITS = 96

_PARSED = {
    "bits": pl.col("value").str.extract(r"/(\d{1,3})$").cast(pl.Int64),
    "slashes": pl.col("value").str.count_matches("/", literal=True),
    "asn": pl.when(kind="asn").then(
        pl.col("value").str.extract(r"^(\d{1,10})$").cast(pl.Int64, strict=False)
    ),
    "name": pl.when(kind="domain").then(
        pl.col("value").str.to_lowercase().str.extract(r"^([^\s.]+(?:\.[^\s.]+)*)\.?$")
    ),
}


class Claims:
    """Claims sorted by precedence, so that the smaller number beats the larger.

    Attributes:
        size: how many are in use.
        unreadable: ids of those whose value does not fit their kind.
    """

    def __init__(self, sorted_frame: pl.DataFrame, unreadable: tuple[int, ...]) -> None:
        self._frame = sorted_frame
        self.size = sorted_frame.height
        self.unreadable = unreadable
        self._since = sorted_frame["since"].to_numpy()
        self._until = sorted_frame["until"].to_numpy()
        # The last entry answers for `NOBODY`.
        self._category = np.append(sorted_frame["category"].to_numpy(), NOBODY)

    @classmethod
    def from_frame(cls, claims: pl.DataFrame) -> Claims:
        """Parse and sort; the columns are those of `pehra.registry.queries.claims_frame`."""
        used = claims.filter(pl.col("kind").is_in(["prefix", "asn", "domain"]))
        parsed = _with_length(used.with_columns(**_PARSED))
        readable = parsed.filter(pl.col("length").is_not_null())
        unreadable = parsed.filter(pl.col("length").is_null())["claim"].sort().to_list()
        ordered = readable.with_columns(
            confidence=pl.col("confidence").fill_null(0),
            since=pl.col("valid_from").dt.epoch("us").fill_null(ALWAYS_FROM),
            until=pl.col("valid_to").dt.epoch("us").fill_null(ALWAYS_TO),
            rank=pl.col("source").replace_strict(SOURCES, range(len(SOURCES))),
        ).sort(
            ["rank", "length", "confidence", "since", "claim"],
            descending=[False, True, True, False, False],
        )
        form = (
            pl.when(kind="asn").then(_AS).when(kind="domain").then(_NAME).otherwise(pl.col("bits"))
        )
        return cls(
            ordered.with_columns(category=(pl.col("rank") * len(_FORMS) + form).cast(pl.Int32)),
            tuple(unreadable),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a look-up says of a claim, by its number."""
        use = self._frame["use"].fill_null(USES[0]).replace_strict(USES, range(len(USES)))
        return {
            "claim.id": self._frame["claim"].to_numpy(),
            "claim.organisation": self._frame["organisation"].to_numpy(),
            "claim.team": self._frame["team"].cast(pl.Int64).fill_null(NOBODY).to_numpy(),
            "claim.use": use.cast(pl.Int8).to_numpy(),
            "claim.pool": self._pool().cast(pl.Int64).fill_null(NOBODY).to_numpy(),
        }

    def _pool(self) -> pl.Series:
        if "pool" in self._frame.columns:
            return self._frame["pool"]
        return pl.Series("pool", [None]).new_from_index(0, self.size)

    def category(self, number: NDArray[np.int32]) -> NDArray[np.int64]:
        """Index in `CATEGORIES` of claims by their number; `NOBODY` stays itself."""
        category: NDArray[np.int64] = self._category[number].astype(np.int64)
        return category

    def held(self, cell: NDArray[np.int64], row: NDArray[np.int64]) -> Held:
        """Claims `row` over cells, with the time in which they hold."""
        return Held(cell, row, self._since[row], self._until[row])

    def prefixes(self) -> tuple[NDArray[np.int64], Keys, Keys]:
        """Numbers of prefix claims, with first and last address; host bits are cut off."""
        rows = np.flatnonzero((self._frame["kind"] == "prefix").to_numpy())
        mine = self._frame.filter(kind="prefix")
        keys, _ = keys_of(mine["address"])
        start, end = prefix_ends(keys, mine["length"].to_numpy())
        return rows, start, end

    def asns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of ASN claims, and their ASNs."""
        rows = np.flatnonzero((self._frame["kind"] == "asn").to_numpy())
        return rows, self._frame.filter(kind="asn")["asn"].to_numpy()

    def names(self) -> pl.DataFrame:
        """`name` and `row` (number) of domain claims."""
        return self._frame.with_row_index("row").filter(kind="domain").select("name", "row")


def _with_length(parsed: pl.DataFrame) -> pl.DataFrame:
    """Add `length`: bits of 128 for prefixes, labels for names, -1 for ASNs; null if unreadable.

    A prefix that spells no length is one address. IPv4 in IPv6 notation is not a prefix.
    """
    address = addresses_of(parsed["value"].str.split("/").list.first()).alias("address")
    keys, known = keys_of(address)
    offset = pl.Series("offset", np.where(is_ipv4(keys), _MAPPED_BITS, 0))
    spelled = pl.Series("known", known) & (offset.eq(0) | ~parsed["value"].str.contains(":"))
    bits = pl.when(slashes=1).then(pl.col("bits")).when(slashes=0).then(128 - offset)
    fits = spelled & pl.col("bits").is_between(0, 128 - offset)
    return parsed.with_columns(address, bits=bits).with_columns(
        length=pl.when(kind="prefix")
        .then(pl.when(fits).then(pl.col("bits") + offset))
        .when(pl.col("asn").is_not_null())
        .then(-1)
        .otherwise(pl.col("name").str.count_matches(".", literal=True).cast(pl.Int64))
    )
