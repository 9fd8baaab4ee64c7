"""Holdings: the register's claims compiled to an immutable index, looked up by asset and moment.

Which claim wins where several hold: manual beats self beats registry beats observed; then the
longer prefix or name; a prefix beats an ASN; then the higher confidence, the older claim, the
smaller id. An ASN claim is spread over the prefixes that the address table saw announced by it; a
row whose address no range covers falls back to the ASN that its reporter named. Names are matched
by their longest claimed suffix, apart from addresses. All of it is as of the event's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from pehra.engines.arrays import folder
from pehra.registry.claims import CATEGORIES, Claims
from pehra.registry.ranges import Keys, Segments, cut, incidence, joined
from pehra.registry.rules import USES
from pehra.registry.timeline import NOBODY, Held, Timeline

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pehra.registry.networks import Networks

KIND = folder.Kind("holdings", 2)
MEND = "It is made again from the register at the next ingest."
_SPACES = ("address", "asn", "name")


class Hits(NamedTuple):
    """What was found for each row.

    Attributes:
        claim: number of the winning claim in the index, or `NOBODY`.
        beaten: number of the best claim that lost, or `NOBODY`.
        why: number of the reason, in `Holdings.reasons`.
    """

    claim: NDArray[np.int32]
    beaten: NDArray[np.int32]
    why: NDArray[np.int32]

    def put(self, rows: NDArray[np.int64], other: Hits) -> None:
        """Take over what `other`, which speaks of `rows` only, found; keep the rest."""
        found = other.claim != NOBODY
        for mine, theirs in zip(self, other, strict=True):
            mine[rows[found]] = theirs[found]


class Holdings:
    """The compiled index; immutable, memory-mapped, shared by processes.

    Attributes:
        revision: number of the register's state that it was made from.
        size: claims in it.
        segments: stretches of address space that its ranges cut.
        unreadable: ids of claims whose value is no prefix, ASN or name; they attribute nothing.
    """

    def __init__(self, stored: folder.Stored) -> None:
        arrays = stored.arrays
        self.revision = int(stored.facts["revision"])
        self.unreadable = tuple(int(number) for number in stored.facts["unreadable"])
        self.size = len(arrays["claim.id"])
        self._space = Segments.from_arrays(arrays)
        self.segments = self._space.size
        self._lines = {name: Timeline(arrays, f"{name}.") for name in _SPACES}
        self._why = {name: arrays[f"{name}.why"] for name in _SPACES}
        self._asns: NDArray[np.int64] = arrays["asn.number"]
        self.reasons = folder.texts_of(arrays["reason.text"])
        names = folder.texts_of(arrays["name.text"])
        self._names = pl.DataFrame({"suffix": names, "cell": np.arange(len(names))})
        self._levels = sorted(set(names.str.count_matches(".", literal=True)), reverse=True)
        self._claims = {
            name: arrays[f"claim.{name}"] for name in ("id", "organisation", "team", "use", "pool")
        }

    @classmethod
    def load(cls, path: Path) -> Holdings:
        """Map the index at `path`.

        Raises:
            EnvironmentFault: there is none.
            Damaged: it is torn, altered or of another layout.
        """
        return cls(folder.read(path, kind=KIND, mend=MEND))

    def _hits(self, space: str, cell: NDArray[np.int64], at: NDArray[np.int64]) -> Hits:
        line = self._lines[space]
        part = line.find(cell, at)
        return Hits(line.winner[part], line.beaten[part], self._why[space][part])

    def at_addresses(self, keys: Keys, at: NDArray[np.int64]) -> Hits:
        """Who held each address at each moment (microseconds of 1970, UTC)."""
        return self._hits("address", self._space.find(keys), at)

    def at_asns(self, asn: NDArray[np.int64], at: NDArray[np.int64]) -> Hits:
        """Who held each ASN at each moment; for rows whose address no range covers."""
        cell = np.searchsorted(self._asns, asn)
        known = cell < len(self._asns)
        known[known] = self._asns[cell[known]] == asn[known]
        nobody = np.full(len(asn), NOBODY, dtype=np.int32)
        found = Hits(nobody, nobody.copy(), nobody.copy())
        rows = np.flatnonzero(known)
        found.put(rows, self._hits("asn", cell[rows], at[rows]))
        return found

    def names_of(self, hosts: pl.Series) -> NDArray[np.int64]:
        """The claimed name that each host lies in, the longest, as a cell; -1 where none.

        Hosts are compared in lower case and without the final dot.
        """
        asked = pl.DataFrame({"host": hosts})
        distinct = asked.drop_nulls().unique()
        if not self._levels or distinct.is_empty():
            return np.full(len(hosts), NOBODY, dtype=np.int64)
        clean = pl.col("host").str.to_lowercase().str.strip_suffix(".").str.split(".")
        open_hosts = distinct.with_columns(labels=clean)
        found = []
        for dots in self._levels:
            suffix = pl.col("labels").list.tail(dots + 1).list.join(".").alias("suffix")
            named = open_hosts.with_columns(suffix).join(self._names, on="suffix", how="left")
            found.append(named.filter(pl.col("cell").is_not_null()).select("host", "cell"))
            open_hosts = named.filter(pl.col("cell").is_null()).select("host", "labels")
        cells = asked.join(pl.concat(found), on="host", how="left", maintain_order="left")
        return cells["cell"].fill_null(NOBODY).cast(pl.Int64).to_numpy()

    def at_names(self, cell: NDArray[np.int64], at: NDArray[np.int64]) -> Hits:
        """Who held each name of `names_of` (no -1 among them) at each moment."""
        return self._hits("name", cell, at)

    def columns(self, hits: Hits) -> pl.DataFrame:
        """`organisation`, `claim`, `beaten`, `team`, `why`, `use`, `pool` of what was found."""
        return pl.DataFrame(
            {
                "organisation": self._of("organisation", hits.claim),
                "claim": self._of("id", hits.claim),
                "beaten": self._of("id", hits.beaten),
                "team": self._of("team", hits.claim),
                "why": _gathered(self.reasons, hits.why),
                "use": _gathered(pl.Series(USES), self._uses(hits.claim)),
                "pool": self._of("pool", hits.claim),
            }
        ).with_columns(
            pl.col("organisation", "claim", "beaten", "team", "pool").replace(NOBODY, None)
        )

    def _of(self, name: str, number: NDArray[np.int32]) -> NDArray[np.int64]:
        # The last entry stands for nobody: -1 picks it without a second pass.
        column: NDArray[np.int64] = np.append(self._claims[name], NOBODY)
        return column[number]

    def _uses(self, number: NDArray[np.int32]) -> NDArray[np.int64]:
        return self._of("use", number)


def _gathered(texts: pl.Series, number: NDArray[Any]) -> pl.Series:
    """`texts` at `number`; null at `NOBODY`."""
    with_null = texts.extend_constant(None, 1)
    return with_null.gather(np.where(number == NOBODY, len(texts), number).astype(np.uint32))


def compile_holdings(
    claims: pl.DataFrame, networks: Networks | None, path: Path, revision: int
) -> Holdings:
    """Compile the register's claims to the index at `path`, in place of what was there.

    Args:
        claims: columns `claim`, `organisation`, `team` (ids), `kind` (prefix, asn, domain; others
            are left out), `value` (canonical), `source`, `confidence`, `use`, `valid_from`,
            `valid_to` (UTC, null: open), and `pool` where pools are known by an id of their own.
            Withdrawn claims are not among them.
        networks: the address table that spreads ASN claims over prefixes; without it they match
            only by the ASN that a report names.
        path: the index's folder.
        revision: number of the register's state that `claims` is.

    Returns:
        The index, opened.
    """
    made = compiled(claims, networks, revision)
    folder.write(path, made.arrays, kind=KIND, facts=made.facts)
    return Holdings.load(path)


def compiled(claims: pl.DataFrame, networks: Networks | None, revision: int) -> folder.Stored:
    """What `compile_holdings` stores; `Holdings` opens it from memory as well."""
    ordered = Claims.from_frame(claims)
    segments, addresses, cells = _address_cells(ordered, networks)
    numbers, asns = _asn_cells(ordered)
    names, domains = _name_cells(ordered)
    lines = {
        "address": Timeline.compile(addresses, cells),
        "asn": Timeline.compile(asns, len(numbers)),
        "name": Timeline.compile(domains, len(names)),
    }
    reasons, why = _reasons(ordered, lines)
    arrays: dict[str, NDArray[Any]] = {
        **segments.arrays(),
        **ordered.arrays(),
        "asn.number": numbers,
        "name.text": folder.text_array(names),
        "reason.text": folder.text_array(reasons),
    }
    for space in _SPACES:
        arrays |= lines[space].arrays(f"{space}.")
        arrays[f"{space}.why"] = why[space]
    facts = {
        "revision": revision,
        "unreadable": ordered.unreadable,
        "claims": ordered.size,
        "segments": segments.size,
    }
    return folder.Stored(arrays=arrays, facts=facts)


def _address_cells(claims: Claims, networks: Networks | None) -> tuple[Segments, Held, int]:
    """Ranges of prefixes and of the prefixes of ASNs, over the segments that they cut."""
    rows, start, end = claims.prefixes()
    if networks is not None:
        spread = networks.prefixes_of(claims.asns()[1])
        owner, piece = _matching(claims.asns(), spread.asn)
        rows = np.concatenate([rows, owner])
        start = joined([start, spread.start.take(piece)])
        end = joined([end, spread.end.take(piece)])
    tiles = cut(start, end)
    cell, item = tiles.pairs(np.arange(len(rows)))
    return tiles.segments, claims.held(cell, rows[item]), tiles.segments.size


def _matching(
    claimed: tuple[NDArray[np.int64], NDArray[np.int64]], announced: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every (claim, piece of address space) of the same ASN."""
    rows, asn = claimed
    order = np.argsort(announced, kind="stable")
    ranked = announced[order]
    first = np.searchsorted(ranked, asn, side="left")
    place, number = incidence(first, np.searchsorted(ranked, asn, side="right"))
    return rows[number], order[place]


def _asn_cells(claims: Claims) -> tuple[NDArray[np.int64], Held]:
    rows, asn = claims.asns()
    numbers, cell = np.unique(asn, return_inverse=True)
    return numbers.astype(np.int64), claims.held(cell.astype(np.int64), rows)


def _name_cells(claims: Claims) -> tuple[pl.Series, Held]:
    """Each claimed name with the claims on itself and on every name that it lies in."""
    claimed = claims.names()
    names = claimed["name"].unique().sort()
    cells = pl.DataFrame({"name": names, "cell": np.arange(len(names))}).with_columns(
        labels=pl.col("name").str.split(".")
    )
    empty = pl.DataFrame(schema={"cell": pl.Int64, "row": pl.Int64})
    parts = [empty]
    for dots in sorted(set(names.str.count_matches(".", literal=True))):
        above = cells.filter(pl.col("labels").list.len() > dots).select(
            "cell", name=pl.col("labels").list.tail(dots + 1).list.join(".")
        )
        parts.append(above.join(claimed, on="name").select("cell", pl.col("row").cast(pl.Int64)))
    held = pl.concat(parts)
    return names, claims.held(held["cell"].to_numpy(), held["row"].to_numpy())


def _reasons(
    claims: Claims, lines: dict[str, Timeline]
) -> tuple[pl.Series, dict[str, NDArray[np.int32]]]:
    """Reason of every slice: few distinct texts, made of categories, never of ids."""
    kinds = len(CATEGORIES)
    texts: list[str] = []
    numbers = {}
    for space, line in lines.items():
        winner = claims.category(line.winner)
        pair = winner * (kinds + 1) + claims.category(line.beaten) + 1
        distinct, code = np.unique(pair, return_inverse=True)
        tail = " as reported" if space == "asn" else ""
        reasons = [_reason(*divmod(int(both), kinds + 1), tail) for both in distinct]
        numbers[space] = np.where(line.winner == NOBODY, NOBODY, code + len(texts)).astype(np.int32)
        texts += reasons
    return pl.Series("reason", texts, dtype=pl.String), numbers


def _reason(winner: int, beaten: int, tail: str) -> str:
    if winner == NOBODY:
        return ""
    won = CATEGORIES[winner] + tail
    return f"{won} beat {CATEGORIES[beaten - 1]}" if beaten else won
