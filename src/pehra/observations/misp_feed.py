"""A MISP feed in a folder: an event for each block of a batch's rows, a manifest, and hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from pehra.observations.misp import (
    BLOCK,
    Author,
    event_tags,
    feed_event,
    feed_head,
    hashes,
    misp_object,
    strictest,
    tail,
)
from pehra.observations.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_HASHES = "hashes.csv"
_MANIFEST = "manifest.json"
_PART = ".part"


def write(chunks: Iterable[pl.DataFrame], author: Author, folder: Path) -> int:
    """Write a feed and say how many rows it has.

    Events grow under another name and are renamed when they are whole, the manifest last, so that
    a feed that is pulled meanwhile names only events that are there. Memory grows with the number
    of events, not of rows.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, Any] = {}
    labels: dict[str, str] = {}
    written = 0
    sums_path = folder / f"{_HASHES}{_PART}"
    with sums_path.open("wb") as sums:
        for chunk in chunks:
            blocks = chunk.with_columns(block=(pl.col("row") - 1) // BLOCK)
            for part in blocks.partition_by("batch", "block", maintain_order=True):
                name, entry = _event_of(part, author)
                path = folder / f"{name}.json{_PART}"
                _append(part, path, feed_head(name, entry, author), new=name not in manifest)
                manifest[name] = entry
                labels[name] = strictest(part, labels.get(name, ""))
                for row in plain(part):
                    sums.writelines(hashes(row, name))
            written += chunk.height
    _finish(folder, manifest, labels)
    return written


def _event_of(part: pl.DataFrame, author: Author) -> tuple[str, Any]:
    batch, block, source, day = part.select("batch", "block", "source", "received_day").row(0)
    return feed_event(batch, block, source, day.isoformat(), author)


def _append(part: pl.DataFrame, path: Path, head: bytes, *, new: bool) -> None:
    with path.open("wb" if new else "ab") as stream:
        between = head if new else b","
        for row in plain(part):
            stream.write(between + b"\n" + msgspec.json.encode(misp_object(row)))
            between = b","


def _finish(folder: Path, manifest: dict[str, Any], labels: dict[str, str]) -> None:
    for name, entry in manifest.items():
        entry["Tag"] = event_tags(labels[name])
        part = folder / f"{name}.json{_PART}"
        with part.open("ab") as stream:
            stream.write(tail(labels[name]))
        part.replace(folder / f"{name}.json")
    (folder / f"{_HASHES}{_PART}").replace(folder / _HASHES)
    listed = folder / f"{_MANIFEST}{_PART}"
    listed.write_bytes(msgspec.json.encode(manifest))
    listed.replace(folder / _MANIFEST)
