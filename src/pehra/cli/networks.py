"""`pehra networks`: the address table, updated and looked up."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pehra.registry.networks import Networks

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The address table: prefix to origin ASN, holder name and country.",
)
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


@app.command()
def update(
    files: Annotated[
        list[Path] | None,
        typer.Option("--from", help="A file to build it from; repeat. Without: download."),
    ] = None,
    json: Json = False,
) -> None:
    """Build the table from files, or from what the registries and iptoasn.com publish.

    Files are ip-location-db CSV, iptoasn TSV or RIR delegated statistics; plain, gzip or Zstandard.
    Exits 1 when a publisher was away and an old copy, or none, was used in its place.
    """
    from pehra.cli.door import note, open_home, say
    from pehra.kernel.time import clock
    from pehra.registry.networks import build
    from pehra.registry.published import download

    home = open_home()
    outcomes: list[Any] = []
    paths = files or []
    if not paths:
        note("Downloading ...")
        paths, outcomes = download(home.indexes / "networks-files")
    for outcome in outcomes:
        note(f"{outcome.name}: {outcome.state} {outcome.detail}".rstrip())
    note(f"Building from {len(paths)} files ...")
    networks = build(paths, home.indexes / "networks", now=clock())
    lines = [
        f"{origin.name}: {origin.format}, {origin.rows:,} ranges, {origin.malformed} malformed"
        for origin in networks.origins
    ]
    result = {
        "stretches": networks.size,
        "built_at": networks.built_at,
        "files": networks.origins,
        "downloads": outcomes,
    }
    say(json, result, [*lines, f"{networks.size:,} stretches, built {networks.built_at}."])
    if any(outcome.state in {"kept", "absent"} for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def lookup(
    addresses: Annotated[list[str], typer.Argument(metavar="IP...")], json: Json = False
) -> None:
    """Say who announces addresses, and in which country they were delegated."""
    from pehra.cli.door import open_home, say
    from pehra.registry.networks import Networks

    found = _looked_up(Networks.load(open_home().indexes / "networks"), addresses)
    lines = [
        f"{one['ip']}\t{_as(one['asn'])}\t{one['country'] or '-'}\t{one['name'] or '-'}"
        f"\t{one['first']} - {one['last']}"
        for one in found
    ]
    say(json, {"addresses": found}, lines)


def _as(asn: int | None) -> str:
    return "-" if asn is None else f"AS{asn}"


def _looked_up(networks: Networks, addresses: list[str]) -> list[dict[str, Any]]:
    import polars as pl

    from pehra.kernel.addresses import pack, unpack
    from pehra.kernel.errors import UsageError
    from pehra.registry.ranges import packed_of

    packed = []
    for text in addresses:
        try:
            packed.append(pack(text.strip()))
        except ValueError:
            message = f"{text} is no IP address."
            raise UsageError(message, mend="Write it like 192.0.2.1 or 2001:db8::1.") from None
    told = networks.lookup(pl.Series("ip", packed, dtype=pl.Binary()))
    found = []
    for ip, (asn, country, row) in zip(packed, told.rows(), strict=True):
        first, last = (unpack(packed_of(keys)[0]) for keys in networks.stretch(row))
        found.append(
            {
                "ip": unpack(ip),
                "asn": asn,
                "name": networks.name_of(asn) if asn else "",
                "country": country,
                "first": first,
                "last": last,
            }
        )
    return found
