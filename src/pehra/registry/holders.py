"""What a register would change among organisations: it fills what is not known, and no more.

A difference with what stands is reported, and the register wins only where it is told to overwrite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.mandate.rules import HolderRow
from pehra.registry.register import CLAIMS, Register, Stated
from pehra.registry.rules import USUAL_CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

FACTS = ("name", "name_ur", "sector", "territory", "country", "is_public", "cii_grade")
_UNKNOWN = (None, "", "none")

Line = tuple[int, str, str, str]
"""Of a report: line of the file, outcome, subject, detail."""


class Holders(msgspec.Struct, frozen=True):
    """What is to be written of organisations.

    Attributes:
        new: rows to be added.
        changed: id -> the row that it becomes.
        lines: of the report.
        nameless: slug -> line of new organisations that have no name; they are not added.
    """

    new: list[HolderRow]
    changed: dict[int, HolderRow]
    lines: list[Line]
    nameless: dict[str, int]


def compare(
    register: Register,
    standing: Mapping[str, tuple[int, HolderRow]],
    *,
    overwrite: bool = False,
    proposed: bool = False,
) -> Holders:
    """Compare the organisations of a register with those that stand.

    Args:
        register: as read.
        standing: slug -> (id, row).
        overwrite: the register wins over what stands.
        proposed: the register is a program's proposal, not a person's word.
    """
    found = Holders([], {}, [], {})
    for stated in register.organisations:
        if stated.slug in standing:
            number, row = standing[stated.slug]
            better, lines = merged(stated, row, overwrite=overwrite, proposed=proposed)
            found.lines.extend(lines)
            if better != row:
                found.changed[number] = better
        elif stated.name:
            found.new.append(_new(stated, "proposed" if proposed else "confirmed"))
            found.lines.append((stated.row, "added", stated.slug, ""))
        else:
            found.nameless[stated.slug] = stated.row
    return found


def _new(stated: Stated, standing: str) -> HolderRow:
    facts = msgspec.structs.asdict(stated)
    known = {name: facts[name] for name in ("slug", *FACTS) if facts[name] is not None}
    return HolderRow(standing=standing, **known)


def merged(
    stated: Stated, row: HolderRow, *, overwrite: bool, proposed: bool
) -> tuple[HolderRow, list[Line]]:
    """One organisation after a register spoke of it, and what the report says."""
    facts: dict[str, Any] = {}
    lines: list[Line] = []
    for name in FACTS:
        old, new = getattr(row, name), getattr(stated, name)
        if new in _UNKNOWN or old == new:
            continue
        if old in _UNKNOWN or overwrite:
            facts[name] = new
        else:
            detail = f"{name} is `{old}` here and `{new}` in the file; kept, see --overwrite"
            lines.append((stated.row, "conflict", stated.slug, detail))
    if row.standing == "proposed" and not proposed:
        # A register is a person's word: naming a proposed organisation confirms it.
        facts["standing"] = "confirmed"
    if facts:
        words = ", ".join(f"{name}: {value}" for name, value in facts.items())
        lines.append((stated.row, "changed", stated.slug, words))
    return msgspec.structs.replace(row, **facts), lines


def proposals(country: str, holders: pl.DataFrame) -> Register:
    """A register that proposes one organisation, with a weak claim, for each holder of an ASN.

    Args:
        country: ISO 3166-1 alpha-2.
        holders: columns `asn`, `name`, `addresses_v4`, `share` (`Networks.holders`).
    """
    organisations, claims = [], []
    for row, (asn, name, addresses, share) in enumerate(
        holders.select("asn", "name", "addresses_v4", "share").iter_rows(), start=1
    ):
        slug = f"as{asn}"
        called = (name or f"Holder of AS{asn}")[:240]
        organisations.append(Stated(row=row, slug=slug, name=called, country=country))
        claim = dict.fromkeys(CLAIMS) | {
            "row": row,
            "organisation": slug,
            "kind": "asn",
            "value": str(asn),
            "source": "registry",
            "confidence": USUAL_CONFIDENCE["registry"],
            "use": "static",
            "note": f"{addresses:,} IPv4 addresses; {share:.0%} of its space in {country}",
        }
        claims.append(claim)
    return register_of(claims, organisations)


def register_of(claims: list[dict[str, Any]], organisations: list[Stated]) -> Register:
    """A register made by a program; its values are canonical already."""
    return Register(
        rows=len(claims),
        organisations=tuple(organisations),
        contacts=(),
        claims=pl.DataFrame(claims, schema=CLAIMS),
        rejects=(),
    )
