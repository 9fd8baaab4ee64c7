"""Where the address table comes from when no files are given, and how it is kept fresh.

Which publishers, under which terms, and why: docs/decisions/0030-address-table.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pehra.engines.http.fetch import Limits, Validators, fetch
from pehra.kernel.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_STATE = "fetched.json"
_LIMITS = Limits(size=256 * 1024**2, seconds=300.0)


class Published(msgspec.Struct, frozen=True):
    """One file that its publisher keeps up to date.

    Attributes:
        name: under which it is kept.
        url: where it is.
        licence: under which terms.
        announces: True where it says which ASN announces what; the table needs one such.
    """

    name: str
    url: str
    licence: str
    announces: bool = False


_RIR_TERMS = "RIR statistics: free to use, without warranty"
_MIRROR = "https://ftp.ripe.net/pub/stats"

PUBLISHED = (
    Published(
        name="ip2asn-combined.tsv.gz",
        url="https://iptoasn.com/data/ip2asn-combined.tsv.gz",
        licence="PDDL 1.0",
        announces=True,
    ),
    *(
        Published(
            name=f"delegated-{registry}-extended.txt",
            url=f"{_MIRROR}/{registry}/delegated-{registry}-extended-latest",
            licence=_RIR_TERMS,
        )
        for registry in ("afrinic", "apnic", "arin", "lacnic", "ripencc")
    ),
)
"""All five registries from the RIPE NCC's mirror, so that one way out is enough."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one file.

    Attributes:
        name: of the file.
        state: `fetched`, `unchanged`, `kept` (away; the copy from last time is used) or `absent`.
        detail: why it was kept or is absent.
    """

    name: str
    state: str
    detail: str = ""


def download(
    folder: Path, published: Iterable[Published] = PUBLISHED, *, loopback: bool = False
) -> tuple[list[Path], list[Outcome]]:
    """Fetch what has changed into `folder`; where a publisher is away, keep what is there.

    Args:
        folder: the files and the state of their last fetch; made when absent.
        published: what to fetch.
        loopback: see `pehra.engines.http.fetch`; for tests.

    Returns:
        The files that are there now, in the order of `published`, and what became of each.

    Raises:
        EnvironmentFault: no file that says who announces what is there, old or new.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = list(published)
    known = _read_state(folder)
    outcomes = []
    for one in wanted:
        there = (folder / one.name).is_file()
        try:
            got = fetch(
                one.url,
                folder / one.name,
                known=known.get(one.name) if there else None,
                limits=_LIMITS,
                loopback=loopback,
            )
        except (EnvironmentFault, Refused) as error:
            # One publisher away must not cost us the others, nor the table that we have.
            outcomes.append(Outcome(one.name, "kept" if there else "absent", error.message))
            continue
        outcomes.append(Outcome(one.name, "fetched" if got.changed else "unchanged"))
        if got.changed:
            known[one.name] = got.validators
            _write_state(folder, known)
    if not any(one.announces and (folder / one.name).is_file() for one in wanted):
        away = " ".join(dict.fromkeys(one.detail for one in outcomes if one.detail))
        message = f"No table of announcements could be fetched. {away}"
        raise EnvironmentFault(message, mend="Fetch the files by hand and name them with --from.")
    return [folder / one.name for one in wanted if (folder / one.name).is_file()], outcomes


def _read_state(folder: Path) -> dict[str, Validators]:
    try:
        return msgspec.json.decode((folder / _STATE).read_bytes(), type=dict[str, Validators])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}  # then everything is fetched whole


def _write_state(folder: Path, known: dict[str, Validators]) -> None:
    part = folder / f".{_STATE}"
    part.write_bytes(msgspec.json.encode(known))
    part.replace(folder / _STATE)
